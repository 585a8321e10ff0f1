"""Names of the jurisdictions that occur, for sentences."""

NAMES = {
    "AT": "Austria", "AU": "Australia", "BE": "Belgium", "BR": "Brazil", "BY": "Belarus", "CA": "Canada", "CH": "Switzerland",
    "CN": "the People's Republic of China", "CZ": "Czechia", "DE": "Germany", "DK": "Denmark", "ES": "Spain", "FI": "Finland",
    "FR": "France", "GB": "the United Kingdom", "HK": "Hong Kong", "IL": "Israel", "IN": "India", "IT": "Italy", "JP": "Japan",
    "KR": "South Korea", "MO": "Macao", "NL": "the Netherlands", "NO": "Norway", "NZ": "New Zealand", "PL": "Poland",
    "RU": "Russia", "SE": "Sweden", "SG": "Singapore", "TR": "Turkey", "TW": "Taiwan", "US": "the United States",
}  # fmt: skip


def country(code: str) -> str:
    """Return the name of an ISO 3166 code; the code itself where it is not listed."""
    return NAMES.get(code, code)
