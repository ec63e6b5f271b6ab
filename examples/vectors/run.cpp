// Says which dialect of a rule an implementation follows, by vector files alone. C++17, no library:
//   c++ -std=c++17 -O1 -o run run.cpp && ./run DIR/adam.*.float32.json
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

// ---- The implementation: Adam in the precision of the vectors, with these options on offer ----

const std::set<std::string> offered = {"weight_decay"};
using Settings = std::map<std::string, double>;  // hyperparameters and the options that are switched on; true is 1

template <class Real>
struct Adam {
    Real beta1, beta2, epsilon, decay;
    std::vector<Real> m, v;
    int t = 0;

    Adam(std::size_t count, Settings given)
        : beta1(given["beta1"]), beta2(given["beta2"]), epsilon(given["epsilon"]), decay(given["weight_decay"]), m(count), v(count) {}

    void step(std::vector<Real>& w, const std::vector<Real>& gradient, Real learning_rate) {
        ++t;
        for (std::size_t i = 0; i < w.size(); ++i) {
            const Real g = gradient[i] + decay * w[i];
            m[i] = beta1 * m[i] + (1 - beta1) * g;
            v[i] = beta2 * v[i] + (1 - beta2) * g * g;
            const Real root = std::sqrt(v[i] / (1 - std::pow(beta2, Real(t))));
            w[i] -= learning_rate * m[i] / (1 - std::pow(beta1, Real(t))) / (root + epsilon);
        }
    }
};

// ---- JSON, as far as vector files use it ----

struct Json {
    std::string text;  // of a string, a number, true, false or null
    std::vector<Json> items;
    std::map<std::string, Json> members;

    const Json& operator[](const std::string& name) const { return members.at(name); }
    bool has(const std::string& name) const { return members.count(name) > 0; }
};

struct Reader {
    const std::string& s;
    std::size_t at = 0;

    char next() {
        at = s.find_first_not_of(" \n\r\t", at);
        return at < s.size() ? s[at] : throw std::runtime_error("the file ends too early");
    }
    void expect(char c) {
        if (next() != c) throw std::runtime_error("expected " + std::string(1, c) + " at byte " + std::to_string(at));
        ++at;
    }
    std::string string() {
        std::string found;
        for (expect('"'); s.at(at) != '"'; ++at) {
            if (s[at] == '\\') found += s.at(at++);  // texts for people keep their escapes
            found += s.at(at);
        }
        ++at;
        return found;
    }
    Json value() {
        Json found;
        const char first = next();
        if (first == '"') {
            found.text = string();
        } else if (first == '{' || first == '[') {
            const char last = first == '{' ? '}' : ']';
            ++at;
            while (next() != last) {
                if (!found.items.empty() || !found.members.empty()) expect(',');
                if (first == '{') {
                    const std::string name = string();
                    expect(':');
                    found.members[name] = value();
                } else {
                    found.items.push_back(value());
                }
            }
            ++at;
        } else {
            const std::size_t end = std::min(s.find_first_of(",]} \n\r\t", at), s.size());
            found.text = s.substr(at, end - at);
            at = end;
        }
        return found;
    }
};

// ---- Numbers: big-endian hexadecimal digits, one after the other; settings are doubles, counts or true ----

template <class Real>
std::vector<Real> numbers(const std::string& digits) {
    std::vector<Real> found;
    for (std::size_t k = 0; k < digits.size(); k += 2 * sizeof(Real)) {
        const std::uint64_t wide = std::stoull(digits.substr(k, 2 * sizeof(Real)), nullptr, 16);
        const std::uint32_t narrow = static_cast<std::uint32_t>(wide);
        Real value;
        std::memcpy(&value, sizeof(Real) == 4 ? static_cast<const void*>(&narrow) : &wide, sizeof(Real));
        found.push_back(value);
    }
    return found;
}

double setting(const Json& given) {
    if (given.text == "true") return 1;
    return given.text.size() == 16 ? numbers<double>(given.text)[0] : std::stod(given.text);
}

// ---- The judge ----

template <class Real>
std::vector<std::vector<Real>> answer(const Json& question) {  // the parameters after every step
    Settings given;
    for (const char* kind : {"hyperparameters", "options"})
        for (const auto& [name, value] : question[kind].members) given[name] = setting(value);
    std::vector<Real> w = numbers<Real>(question["w"]["data"].text);
    Adam<Real> adam(w.size(), given);
    std::vector<std::vector<Real>> found;
    for (const Json& step : question["steps"].items) {
        std::vector<Real> gradient = numbers<Real>(step["offset"]["data"].text);  // at x it is slope * x + offset
        if (step.has("slope")) {
            const std::vector<Real> slope = numbers<Real>(step["slope"]["data"].text);
            for (std::size_t i = 0; i < w.size(); ++i) gradient[i] += slope[i] * w[i];
        }
        adam.step(w, gradient, static_cast<Real>(setting(step["learning_rate"])));
        found.push_back(w);
    }
    return found;
}

template <class Real>
bool right(const Json& output, const std::vector<Real>& got) {  // NaN where it is listed, else a number in an interval
    const auto low = numbers<Real>(output["lo"].text), high = numbers<Real>(output["hi"].text);
    std::set<std::size_t> nan;
    if (output.has("nan"))
        for (const Json& i : output["nan"].items) nan.insert(std::stoul(i.text));
    for (std::size_t i = 0; i < low.size(); ++i) {
        bool accepted = low[i] <= got[i] && got[i] <= high[i];
        const std::string place = std::to_string(i);
        if (accepted && output.has("either") && output["either"].has(place)) {
            accepted = false;
            for (const Json& pair : output["either"][place].items)
                accepted |= numbers<Real>(pair.items[0].text)[0] <= got[i] && got[i] <= numbers<Real>(pair.items[1].text)[0];
        }
        if (std::isnan(got[i])) accepted = nan.count(i) > 0;
        if (!accepted) return false;
    }
    return true;
}

using Dialect = std::map<std::string, std::string>;

Dialect dialect(const Json& axes) {
    Dialect found;
    for (const auto& [axis, value] : axes.members) found[axis] = value.text;
    return found;
}

bool agrees(const Dialect& whole, const Dialect& part) {
    return std::all_of(part.begin(), part.end(), [&](const auto& axis) { return whole.at(axis.first) == axis.second; });
}

template <class Real>
bool accepts(const Json& expectation, const Json& question) {
    if (!expectation.has("outputs")) return false;  // where a rule refuses its arguments; an update never does
    const auto got = answer<Real>(question);
    for (std::size_t k = 0; k < got.size(); ++k)
        if (!right<Real>(expectation["outputs"].items[k], got[k])) return false;
    return true;
}

int main(int count, char** names) {
    std::vector<Dialect> left;  // the dialects that explain everything so far
    std::set<std::string> shown;
    int judged = 0;
    for (int file = 1; file < count; ++file) {
        std::ifstream stream(names[file], std::ios::binary);
        const std::string text((std::istreambuf_iterator<char>(stream)), {});
        const Json data = Reader{text}.value();
        const auto on_offer = [](const std::string& option) { return offered.count(option) > 0; };
        if (file == 1)
            for (const Json& one : data["dialects"].items)
                if (std::all_of(one["requires"].items.begin(), one["requires"].items.end(), [&](const Json& o) { return on_offer(o.text); }))
                    left.push_back(dialect(one["axes"]));
        for (const Json& vector : data["vectors"].items) {
            const auto& options = vector["question"]["options"].members;
            if (!std::all_of(options.begin(), options.end(), [&](const auto& option) { return on_offer(option.first); })) continue;
            std::vector<Dialect> passed, remain;
            for (const Json& one : vector["expect"].items) {
                const bool yes = data["dtype"].text == "float32" ? accepts<float>(one, vector["question"]) : accepts<double>(one, vector["question"]);
                for (const Json& part : one["dialects"].items) {
                    if (yes) passed.push_back(dialect(part));
                    for (const auto& axis : part.members) shown.insert(axis.first);
                }
            }
            for (const Dialect& one : left)
                if (std::any_of(passed.begin(), passed.end(), [&](const Dialect& part) { return agrees(one, part); })) remain.push_back(one);
            if (!left.empty() && remain.empty()) std::cout << vector["id"].text << " leaves no dialect\n";
            left = remain;
            ++judged;
        }
    }
    std::set<std::string> lines;
    for (const Dialect& one : left) {
        std::string line = "\n ";
        for (const std::string& axis : shown) line += " " + axis + "=" + one.at(axis);
        lines.insert(line);
    }
    std::cout << judged << " vectors leave" << (left.empty() ? " no dialect" : "");
    for (const std::string& line : lines) std::cout << line;
    std::cout << "\n";
    return left.empty() ? EXIT_FAILURE : EXIT_SUCCESS;
}
