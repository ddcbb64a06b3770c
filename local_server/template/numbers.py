"""Settings that AWS takes within bounds."""

from local_server.template.fields import Fields


def whole_number(fields: Fields, key: str, default: int, least: int, most: int) -> int:
    """`default` where there is none, which may lie outside. Raises TemplateError."""
    number = fields.number(key, default)
    if key in fields and (number != int(number) or not least <= number <= most):
        fields.refuse(key, f"AWS takes {least} to {most}")
    return int(number)
