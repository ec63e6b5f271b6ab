"""What exact evaluation raises where it cannot tell."""


class Unknown(Exception):
    """A value or a truth that exact evaluation cannot give at this point."""
