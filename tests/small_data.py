"""A small data folder: invented vendors with every feature of the format, and a registry of a few lines."""

from __future__ import annotations

from pathlib import Path

FIELDS = {
    "mac": ("oui", True, None),
    "http.server": ("banner", True, None),
    "http.title": ("page", True, None),
    "http.auth.realm": ("realm", False, None),
    "rtsp.auth.realm": ("realm", False, None),
    "tls.subject": ("certificate", False, None),
    "sadp.model": ("wire", False, None),
    "sadp.serial": ("wire", False, "serial"),
    "sadp.mac": ("wire", False, "mac"),
    "wsd.scopes": ("scopes", True, None),
    "onvif.model": ("device", False, None),
}

ACME = r"""
[vendor]
slug = "acme"
name = "Acme"
aliases = ["acme-video"]
registrants = ["Acme Video Co., Ltd."]
registrant_kind = "surveillance"

[[brand]]
slug = "acme-home"
name = "Acme Home"
registrants = ["Acme Home Ltd."]

[[fingerprint]]
id = "acme.http.realm"
field = "http.auth.realm"
match = { regex = '^ACME(?:_(?P<mac>[0-9A-F]{12}))?$' }
confidence = "firm"
gives = { maker = "acme", mac = "{mac}" }
source = "made up"
examples = [{ text = "ACME_001122AABBCC", gives = { mac = "00:11:22:aa:bb:cc" } }]
counter = ["ACME_router"]

[[fingerprint]]
id = "acme.rtsp.realm"
field = "rtsp.auth.realm"
match = { exact = "ACME" }
confidence = "firm"
gives = { maker = "acme", kind = "camera" }
source = "made up"
examples = [{ text = "ACME" }]

[[fingerprint]]
id = "acme.sadp.model"
field = "sadp.model"
match = { prefix = "A" }
confidence = "certain"
gives = { brand = "acme", maker = "acme", model = "{value}" }
source = "made up"
examples = [{ text = "A100P", gives = { model = "A100P" } }]

[[fingerprint]]
id = "acme.sadp.serial"
field = "sadp.serial"
match = { any = true }
confidence = "certain"
gives = { serial = "{value}" }
source = "made up"
examples = [{ text = "A100P20210304AA", gives = { serial = "A100P20210304AA" } }]

[[fingerprint]]
id = "acme.http.title"
field = "http.title"
match = { prefix = "Acme " }
confidence = "firm"
gives = { brand = "acme", model = "{rest}" }
source = "made up"
examples = [{ text = "Acme A100", gives = { model = "A100" } }]

[[fingerprint]]
id = "acme.http.home"
field = "http.title"
match = { exact = "AcmeHome" }
confidence = "firm"
gives = { brand = "acme-home" }
source = "made up"
examples = [{ text = "AcmeHome" }]

[[fingerprint]]
id = "acme.http.front-page"
all = [{ field = "http.server", match = { contains = "boa" , ignore_case = true } }, { field = "http.title", match = { exact = "Viewer" } }]
none = [{ field = "http.title", match = { contains = "Router" } }]
confidence = "tentative"
gives = { maker = "acme", kind = "camera" }
source = "made up"
examples = [{ fields = { "http.server" = "Boa/0.94", "http.title" = "Viewer" } }]
counter = [{ fields = { "http.server" = "Boa/0.94", "http.title" = "Router" } }]

[[fingerprint]]
id = "acme.wsd.name"
field = "wsd.scopes"
match = { regex = '/name/ACME%20(?P<model>[^ ]+)' }
confidence = "firm"
gives = { brand = "acme", model = "{model}", kind = "camera" }
source = "made up"
examples = [{ text = "onvif://www.onvif.org/name/ACME%20A%2F7", gives = { model = "A/7" } }]

[[model]]
match = { regex = '^A[0-9]+P' }
kind = "camera"
form = "ptz"
examples = ["A100P"]

[[model]]
match = { regex = '^A[0-9]+R' }
kind = "nvr"
examples = ["A100R"]

[[serial]]
match = { regex = '^A[0-9]{3}[A-Z](?P<date>20[0-9]{6})' }
examples = [{ text = "A100P20210304AA", made_on = 2021-03-04 }]

[[channels]]
match = { regex = '^A(?P<channels>[0-9]+)R' }
source = "made up"
examples = [{ text = "A16R", channels = 16 }]
counter = ["A16P"]
"""

ZENITH = """
[vendor]
slug = "zenith"
name = "Zenith"
registrants = ["Zenith BV"]
registrant_kind = "cameras"

[[fingerprint]]
id = "zenith.http.server"
field = "http.server"
match = { prefix = "Zenith-Webs" }
confidence = "firm"
gives = { brand = "zenith", maker = "zenith", kind = "camera" }
source = "made up"
examples = [{ text = "Zenith-Webs/1.0" }]

[[fingerprint]]
id = "zenith.tls.subject"
field = "tls.subject"
match = { contains = "O=Zenith BV" }
confidence = "certain"
gives = { brand = "zenith", maker = "zenith" }
source = "made up"
examples = [{ text = "CN=cam,O=Zenith BV" }]
"""

RELABEL = """
[vendor]
slug = "relabel"
name = "Relabel Inc."
registrants = ["Relabel Inc"]
production = "others"

[[fingerprint]]
id = "relabel.http.title"
field = "http.title"
match = { exact = "Relabel" }
confidence = "firm"
gives = { brand = "relabel", kind = "camera" }
source = "made up"
examples = [{ text = "Relabel" }]

[[fingerprint]]
id = "relabel.tls.subject"
field = "tls.subject"
match = { contains = "O=Relabel" }
confidence = "certain"
gives = { brand = "relabel" }
source = "made up"
examples = [{ text = "O=Relabel" }]
"""

OTHERS = """
[vendor]
slug = "printworks"
name = "Printworks"
non_camera = true

[[fingerprint]]
id = "printworks.http.server"
field = "http.server"
match = { prefix = "Printworks" }
confidence = "firm"
gives = { brand = "printworks", kind = "other", other = "printer" }
source = "made up"
examples = [{ text = "Printworks/2" }]

[[fingerprint]]
id = "printworks.http.title"
field = "http.title"
match = { exact = "Restreamer" }
confidence = "firm"
gives = { kind = "software" }
source = "made up"
examples = [{ text = "Restreamer" }]

[[fingerprint]]
id = "printworks.rtsp.realm"
field = "rtsp.auth.realm"
match = { exact = "Print" }
confidence = "firm"
gives = { brand = "printworks", kind = "other" }
source = "made up"
examples = [{ text = "Print" }]
"""

CHIPS = """
[vendor]
slug = "chips"
name = "Chips"
registrants = ["Chips Ltd"]
registrant_kind = "component"
"""

MODULES = """
[vendor]
slug = "modules"
name = "Modules"
registrants = ["Modules Ltd"]
registrant_kind = "module"
"""

STANDARDS = """
[[fingerprint]]
id = "standards.onvif.model"
field = "onvif.model"
match = { any = true }
confidence = "firm"
gives = { model = "{value}" }
source = "made up"
examples = [{ text = "A100R", gives = { model = "A100R" } }]
"""

EDGES = """
edge = [
    { type = "made_by", child = "relabel", parent = "acme", status = "asserted", confidence = "high", sources = ["made up"] },
]
"""

REGISTRY = """\
# made up, read on 2026-01-31
001122/24\tAcme Video Co., Ltd.
001133/24\tZenith BV
001144/24\tRelabel Inc
001155/24\tChips Ltd
001166/24\tModules Ltd
001177/24\tIEEE Registration Authority
0011770/28\tAcme Home Ltd.
001177001/36\tPrivate
001188/24\tNobody in particular
"""

ACME_MAC = "00:11:22:00:00:01"
ZENITH_MAC = "00:11:33:00:00:01"
RELABEL_MAC = "00:11:44:00:00:01"
CHIPS_MAC = "00:11:55:00:00:01"
MODULES_MAC = "00:11:66:00:00:01"

VENDORS = {
    "acme": ACME,
    "zenith": ZENITH,
    "relabel": RELABEL,
    "printworks": OTHERS,
    "chips": CHIPS,
    "modules": MODULES,
}


ENTITIES = "".join(
    f'[[entity]]\nslug = "{slug}"\nname = "{slug}"\nrole = "company"\nsources = ["made up"]\n'
    for slug in ("acme", "acme-home", "chips", "modules", "printworks", "relabel", "zenith")
)
"""The companies of these vendors, for a folder whose policies are read too."""


def write_data(root: Path, **changed: str) -> Path:
    """Write the folder below `root` and return it. changed: vendor slug → other text of its file."""
    folder = root / "fingerprints"
    for name in ("vendors", "oui", "policies/edges"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    entries = []
    for name, (witness, editable, claim) in FIELDS.items():
        lines = [f'name = "{name}"', 'meaning = "made up"', 'example = "x"', 'codec = "x"', f'witness = "{witness}"']
        lines += [f"editable = {str(editable).lower()}"] + ([f'claim = "{claim}"'] if claim else [])
        entries.append("\n".join(["[[field]]", *lines]))
    (folder / "fields.toml").write_text("\n".join(entries), "utf-8")
    for slug, text in (VENDORS | changed).items():
        (folder / "vendors" / f"{slug}.toml").write_text(text, "utf-8")
    (folder / "standards.toml").write_text(STANDARDS, "utf-8")
    (folder / "policies" / "edges" / "made-up.toml").write_text(EDGES, "utf-8")
    (folder / "oui" / "registry.txt").write_text(REGISTRY, "utf-8")
    return folder
