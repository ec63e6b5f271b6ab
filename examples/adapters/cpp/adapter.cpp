// Rules of the lecture deck in C++, for `gradspec judge --exec ./adapter`. g++ -std=c++17 -O2 adapter.cpp -o adapter
#include <cstring>
#include <iostream>
#include <map>
#include <valarray>
using namespace std;
// A value: its text, without the quotes of strings, and what is in it by name, or by number from 1000 for lists.
struct Json { string text; map<string, Json> items; Json& operator[](const string& key) { return items[key]; } };
Json parse(const char*& at) { // the judge writes neither spaces nor escapes
  const char *start = at, close = char(*at + 2); // the bracket that closes this one
  if (*at == '"') return at = strchr(at + 1, '"') + 1, Json{string(start + 1, at - 1), {}};
  if (close != '}' && close != ']') return at = strpbrk(at, ",}]"), Json{string(start, at), {}};
  Json found;
  for (at++; *at != close; at += *at == ',') {
    string key = close == '}' ? parse(at).text : to_string(1000 + found.items.size());
    found[key] = parse(at += close == '}');
  }
  return found.text.assign(start, ++at), found;
}
template <class T> valarray<T> read(const string& digits) { // most significant byte first; here it is last
  valarray<T> values(digits.size() / (2 * sizeof(T)));
  for (size_t k = 0; 2 * k < digits.size(); k++)
    reinterpret_cast<char*>(&values[0])[k ^ (sizeof(T) - 1)] = char(stoi(digits.substr(2 * k, 2), nullptr, 16));
  return values;
}
template <class T> string wire(const valarray<T>& values, Json& like, string digits = "") {
  for (size_t k = 0; k < 2 * sizeof(T) * values.size(); k++) // half a byte each
    digits += "0123456789abcdef"[((char*)&values[0])[k / 2 ^ (sizeof(T) - 1)] >> (k % 2 ? 0 : 4) & 15];
  return R"({"dtype":")" + like["dtype"].text + R"(","shape":)" + like["shape"].text + R"(,"data":")" + digits + "\"},";
}
template <class T> string run(Json& asked, const string& rule, string outputs = "") { // each followed by a comma
  map<string, T> h; // hyperparameters; what is not there is 0
  for (auto& [name, value] : asked["hyperparameters"].items) h[name] = T(read<double>(value.text)[0]);
  valarray<T> w = read<T>(asked["w"]["data"].text), m(w.size()), s(w.size());
  T power1 = 1, power2 = 1, c = h["maximum"] + h["clip_norm"] + h["clip_value"], e = h["epsilon"], squares = 0;
  for (auto& [_, step] : asked["steps"].items) {
    valarray<T> g = read<T>(step["offset"]["data"].text), slope = read<T>(step["slope"]["data"].text);
    if (slope.size()) g += slope * w;
    if (rule == "momentum") m = h[rule] * m + g, g = m;
    if (rule == "nesterov") m = h["momentum"] * m + g, g += h["momentum"] * m;
    if (rule == "adagrad") s += g * g, g /= sqrt(s) + e;
    if (rule == "rmsprop") s = h["rho"] * s + (1 - h["rho"]) * g * g, g /= sqrt(s) + e;
    if (rule == "adam") m = h["beta1"] * m + (1 - h["beta1"]) * g, s = h["beta2"] * s + (1 - h["beta2"]) * g * g,
      g = m / (1 - (power1 *= h["beta1"])) / (sqrt(s / (1 - (power2 *= h["beta2"]))) + e);
    outputs += wire<T>(w -= T(read<double>(step["learning_rate"].text)[0]) * g, asked["w"]);
  }
  auto& arrays = asked["arrays"].items; // in the order of their names
  T a = rule == "prelu" ? read<T>(arrays["alpha"]["data"].text)[0] : h["alpha"] + h["negative_slope"];
  for (auto& [_, array] : arrays) for (T v : read<T>(array["data"].text)) squares += v * v;
  for (auto& [name, array] : arrays) if (name != "alpha") {
    valarray<T> x = read<T>(array["data"].text);
    if (rule == "sigmoid") x = T(1) / (T(1) + exp(-x));
    else if (rule == "tanh") x = tanh(x);
    else if (rule == "clip_by_value") for (T& v : x) v = min(max(v, -c), c);
    else if (rule.substr(0, 4) == "clip") x *= sqrt(squares) + e <= c ? 1 : c / (sqrt(squares) + e);
    else if (name == "x" && rule != "softmax") for (T& v : x) v = v > 0 ? v : rule == "elu" ? a * expm1(v) : a * v;
    else for (size_t k = 0, m = stoul(array["shape"]["1001"].text), n = x.size() / m; k < (name == "x" ? n : m); k++) {
      slice part = name == "x" ? slice(k * m, m, 1) : slice(k, n, m); // rows of softmax's x, columns of max_norm's w
      valarray<T> v = x[part];
      if (name == "x") v = exp(v - v.max());
      T size = name == "x" ? v.sum() : sqrt((v * v).sum());
      x[part] = v * (name == "x" ? 1 / size : size > c ? c / (size + e) : 1);
    }
    outputs += wire(x, array);
  }
  return outputs.substr(0, outputs.size() - 1);
}
int main() {
  const string rules = R"("rules":{"gradient_descent":{},"momentum":{},"nesterov":{},"adagrad":{},"rmsprop":{},)"
    R"("adam":{},"sigmoid":{},"tanh":{},"relu":{},"leaky_relu":{},"prelu":{},"elu":{},"softmax":{},)"
    R"("max_norm":{},"clip_by_value":{},"clip_by_norm":{},"clip_by_global_norm":{}},"session":")";
  for (string line; getline(cin, line);) {
    const char* at = line.c_str() + strlen("@gs1 ");
    Json asked = parse(at);
    if (asked["type"].text == "hello") cout << R"(@gs1 {"type":"capabilities","protocol":1,"name":"c++","version":)"
      R"("17","dtypes":["float64","float32"],)" + rules + asked["session"].text + "\"}" << endl;
    if (asked["type"].text == "run") cout << R"(@gs1 {"type":"result","id":")" + asked["id"].text + R"(","outputs":[)"
      + (asked["dtype"].text == "float64" ? run<double> : run<float>)(asked, asked["rule"].text, "") + "]}" << endl;
  }
}
