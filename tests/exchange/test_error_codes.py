"""Every code of errors.md is returned in its case, or docs/exchange.md says why it cannot come."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "exchange.md").read_text(encoding="utf-8")
EXCHANGE = ROOT / "binance_mcp_server" / "exchange"

DOCUMENTED = {
    *(-1000, -1001, -1002, -1003, -1006, -1007, -1008, -1010, -1013, -1014, -1015, -1016, -1020),
    *(-1021, -1022, -1033, -1034, -1035),
    *(-1100, -1101, -1102, -1103, -1104, -1105, -1106, -1108, -1111, -1112, -1114, -1115, -1116),
    *(-1117, -1118, -1119, -1120, -1121, -1122, -1125, -1127, -1128, -1130, -1134, -1135, -1139),
    *(-1145, -1151, -1152, -1153, -1155, -1158, -1160, -1161, -1165, -1166, -1168, -1169, -1170),
    *(-1171, -1172, -1173, -1174, -1175, -1176, -1177, -1178, -1179, -1180, -1181, -1182, -1183),
    *(-1184, -1185, -1186, -1187, -1188, -1189, -1190, -1191, -1194, -1196, -1197, -1198, -1199),
    *(-1210, -1211, -1220, -1221, -1222, -1223, -1224, -1225),
    *(-2010, -2011, -2013, -2014, -2015, -2016, -2021, -2022, -2026, -2035, -2036, -2038, -2039),
    *(-2042, -2043),
}
"""errors.md of 2026-07-21, read 2026-11-24."""

BEYOND = {-1131, -1193}
"""Codes that the live venue has and errors.md has not: a window too long, and a key that cannot log on."""


def section(title: str) -> str:
    """The text under a heading of the page, up to the next one of any level."""
    found = re.search(rf"^#+ {title}\n(.*?)(?=^#+ |\Z)", PAGE, flags=re.MULTILINE | re.DOTALL)
    assert found, title
    return found[1]


def codes(text: str) -> set[int]:
    """Every code in *text*; ``-1169 to -1174`` is all of them."""
    found = set(map(int, re.findall(r"-[12]\d{3}\b", text)))
    for first, last in re.findall(r"(-[12]\d{3}) to (-[12]\d{3})", text):
        found |= set(range(int(last), int(first) + 1))
    return found


def in_the_source() -> set[int]:
    return {code for path in EXCHANGE.rglob("*.py") if "futures" not in path.parts
            for code in negatives(path)}  # fmt: skip


def negatives(path: Path) -> Iterator[int]:
    """Integers from -2999 to -1000, as codes are written."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(number))):
                if 1000 <= number < 3000:
                    yield -number


def test_the_page_has_every_documented_code_once() -> None:
    returned = codes(section("Codes that are returned"))
    rows = re.findall(r"^\| ([^|]*) \|", section("Codes that cannot come"), flags=re.MULTILINE)
    unreachable = codes(" ".join(rows))
    assert returned & unreachable == set()
    assert (returned | unreachable) - BEYOND == DOCUMENTED


def test_what_the_page_says_is_returned_is_in_the_source_and_nothing_else_is() -> None:
    assert codes(section("Codes that are returned")) == in_the_source()


def test_a_range_of_codes_is_read_as_all_of_them() -> None:
    assert codes("-1169 to -1171, -2016") == {-1169, -1170, -1171, -2016}


MESSAGES = {
    "Unknown order sent.",
    "Duplicate order sent.",
    "Market is closed.",
    "Account has insufficient balance for requested action.",
    "This action is disabled on this account.",
    "This account may not place or cancel orders.",
    "Unsupported order combination",
    "Order would immediately match and take.",
    "The relationship of the prices for the orders is not correct.",
    "OCO orders are not supported for this symbol",
    "Quote order qty market orders are not support for this symbol.",
    "Order cancel-replace is not supported for this symbol.",
    "This symbol is not permitted for this account.",
    "This symbol is restricted for this account.",
    "Order was not canceled due to cancel restrictions.",
    "Rest API trading is not enabled.",
    "WebSocket API trading is not enabled.",
    "FIX API trading is not enabled.",
    "Price * QTY is zero or less.",
    "IcebergQty exceeds QTY.",
    "Cancel order is invalid. Check origClOrdId and orderId.",
    "Order book liquidity is less than symbol minimum quantity.",
    "Order amend is not supported for this symbol.",
    "Order amend (quantity increase) is not supported.",
    "Order amend (pending OPO order) is not supported.",
    "The requested action would change no state; rejecting",
    "This order type may not use pegged price.",
    "This price peg cannot be used with this order type.",
    "Order book liquidity is too low for this pegged order.",
    "OPO orders are not supported for this symbol.",
}
"""errors.md, "Messages for -1010 …", but for those that are put together (``… orders are not supported``)."""


def test_every_message_of_a_refused_order_is_in_the_source_or_the_page_says_why_it_is_not() -> None:
    texts = "\n".join(path.read_text(encoding="utf-8") for path in EXCHANGE.rglob("*.py"))
    missing = {each for each in MESSAGES if each not in texts}
    named = re.findall(r"^\| “(.*?)” \|", section("Messages that cannot come"), flags=re.MULTILINE)
    assert missing == set(named)
