"""A capture in which others log in everywhere, built byte by byte: each secret in it is unique, so that it can be looked for."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import quote

from camscan.model import Endpoint
from tests import factories

PERSON = "10.20.0.50"
CAMERA = "10.20.0.64"
RECORDER = "10.20.0.65"
CLOUD = "192.0.2.80"
MACS = {PERSON: "00:00:5e:00:53:50", CAMERA: "bc:ad:28:00:00:64", RECORDER: "3c:ef:8c:00:00:65", CLOUD: "00:00:5e:00:53:01"}
SERVER = b"Server: App-webs/\r\n"
SDP = b"v=0\r\no=- 1 1 IN IP4 10.20.0.64\r\ns=Media Presentation\r\n"


@dataclass
class Capture:
    """Frames in order, and the secrets that they hold."""

    frames: list[bytes] = field(default_factory=list)
    secrets: list[bytes] = field(default_factory=list)

    def secret(self, name: str) -> bytes:
        """A new secret, with what it looks like in a URL and in base64."""
        word = f"Zq{len(self.secrets):02d}~{name}!x9"
        self.secrets += [word.encode(), quote(word, safe="").encode()]
        return word.encode()

    def basic(self, name: str) -> bytes:
        pair = self.secret(f"{name}-name") + b":" + self.secret(f"{name}-word")
        self.secrets.append(b64encode(pair))
        return b64encode(pair)

    def datagram(self, payload: bytes, src: Endpoint, dst: Endpoint) -> None:
        self.frames.append(factories.udp_frame(payload, src, dst, src_mac=MACS.get(src.ip, "00:00:5e:00:53:02")))

    def talk(self, client: Endpoint, server: Endpoint, *turns: tuple[bytes, bytes], whole: bool = True) -> None:
        """A connection: each turn is what the client says, in two segments out of order, and the answer."""
        there = {"src_mac": MACS[client.ip], "dst_mac": MACS[server.ip]}
        back = {"src_mac": MACS[server.ip], "dst_mac": MACS[client.ip]}
        if whole:
            self.frames.append(factories.tcp_frame(b"", client, server, seq=100, flags=0x02, **there))
            self.frames.append(factories.tcp_frame(b"", server, client, seq=900, flags=0x12, **back))
        sent, received = 101, 901
        for said, answered in turns:
            half = len(said) // 2 if whole else len(said)
            for start, part in ((half, said[half:]), (0, said[:half])):
                if part:
                    self.frames.append(factories.tcp_frame(part, client, server, seq=sent + start, **there))
            sent += len(said)
            for start in range(0, len(answered), 700):
                self.frames.append(
                    factories.tcp_frame(answered[start : start + 700], server, client, seq=received + start, **back)
                )
            received += len(answered)
        self.frames.append(factories.tcp_frame(b"", client, server, seq=sent, flags=0x11, **there))
        self.frames.append(factories.tcp_frame(b"", server, client, seq=received, flags=0x11, **back))

    def file(self) -> bytes:
        at = factories.NOON
        return factories.pcap([(at + timedelta(milliseconds=number), frame) for number, frame in enumerate(self.frames)])


def answer(body: bytes, *lines: bytes, status: bytes = b"200 OK", content: bytes = b"text/html") -> bytes:
    head = b"".join(line + b"\r\n" for line in lines)
    length = b"Content-Length: %d\r\n" % len(body)
    return b"HTTP/1.1 " + status + b"\r\n" + SERVER + b"Content-Type: " + content + b"\r\n" + head + length + b"\r\n" + body


def asked(target: bytes, *lines: bytes, verb: bytes = b"GET", body: bytes = b"") -> bytes:
    head = b"".join(line + b"\r\n" for line in (b"Host: 10.20.0.64", b"User-Agent: Browser/5.0", *lines))
    length = b"Content-Length: %d\r\n" % len(body) if body else b""
    return verb + b" " + target + b" HTTP/1.1\r\n" + head + length + b"\r\n" + body


def capture() -> Capture:
    """Every kind of credential that others send past a listener, once or more."""
    it = Capture()
    _over_http(it)
    _over_rtsp(it)
    _on_terminals(it)
    _in_datagrams(it)
    return it


def _over_http(it: Capture) -> None:
    port = iter(range(40000, 41000))

    def web(*turns: tuple[bytes, bytes], whole: bool = True) -> None:
        it.talk(Endpoint(PERSON, next(port)), Endpoint(CAMERA, 80), *turns, whole=whole)

    page = b"<html><title>Station</title><script>var x='%s'</script></html>"
    refusal = answer(b"", b'WWW-Authenticate: Basic realm="IPC"', status=b"401 Unauthorized")
    web((asked(b"/"), refusal), (asked(b"/", b"Authorization: Basic " + it.basic("basic")), answer(page % it.secret("told"))))
    digest = b'Authorization: Digest username="%s", realm="IPC", nonce="n", uri="/x", response="%s", cnonce="%s"'
    web(
        (
            asked(b"/x", digest % (it.secret("d-name"), it.secret("d-answer"), it.secret("d-nonce"))),
            answer(page % it.secret("told")),
        )
    )
    web((asked(b"/", b"Proxy-Authorization: Basic " + it.basic("proxy")), answer(b"<title>Station</title>")))
    web((asked(b"/", b"authorization : Bearer\r\n " + it.secret("folded")), answer(b"<title>Station</title>")))
    web(
        (
            asked(b"/", b"Cookie: sid=%s; b=%s" % (it.secret("cookie"), it.secret("cookie2"))),
            answer(b"{}", content=b"text/json"),
        )
    )
    web((asked(b"/"), answer(b"<title>Station</title>", b"Set-Cookie: WebSession=%s; path=/" % it.secret("set"))))
    web((asked(b"/doc/"), answer(b"", b"X-Access-Token: " + it.secret("header-token"), status=b"404 Not Found")))
    web(
        (asked(b"http://%s:%s@10.20.0.64/" % (it.secret("url-name"), it.secret("url-word"))), answer(b"<title>Station</title>"))
    )
    for name in (b"pwd", b"loginpas", b"password", b"access_token", b"usr=x&secret"):
        word = it.secret("query")
        target = b"/cgi-bin/get.cgi?user=%s&%s=%s&n=1" % (it.secret("query-name"), name, quote(word).encode())
        told = b"<title>404</title>no " + target + b" " + word
        web((asked(target), answer(told, b"Location: " + target, status=b"404 Not Found")))
    web((asked(b"/search?term=%s" % it.secret("any-query")), answer(b"<title>404</title>" + b"?term=" + it.secrets[-2])))
    web(
        (
            asked(b"/login", verb=b"POST", body=b"username=%s&password=%s" % (it.secret("form"), it.secret("form"))),
            answer(b"ok"),
        )
    )
    login = b'{"method":"global.login","params":{"userName":"%s","password":"%s"}}' % (it.secret("json"), it.secret("json"))
    web((asked(b"/RPC2_Login", verb=b"POST", body=login), answer(b'{"session":"%s"}' % it.secret("rpc"), content=b"text/json")))
    token = (
        b"<s:Envelope><s:Header><wsse:Security><wsse:UsernameToken><wsse:Username>%s</wsse:Username>"
        b'<wsse:Password Type="http://x#PasswordDigest">%s</wsse:Password><wsse:Nonce>%s</wsse:Nonce></wsse:UsernameToken>'
        b"</wsse:Security></s:Header><s:Body/></s:Envelope>"
    )
    soap = token % (it.secret("wsse"), it.secret("wsse"), it.secret("wsse"))
    users = b"<s:Envelope><s:Body><tds:GetUsersResponse>%s</tds:GetUsersResponse></s:Body></s:Envelope>" % it.secret("users")
    web((asked(b"/onvif/device_service", verb=b"POST", body=soap), answer(users, content=b"application/soap+xml")))
    web((b"x: 1\r\nAuthorization: Basic " + it.basic("middle") + b"\r\n\r\n", answer(page % it.secret("middle"))), whole=False)
    unheard = answer(b"<title>Station</title>") + answer(b"password=%s" % it.secret("unheard"))
    web((asked(b"/"), unheard))
    told = b"<User><userName>%s</userName><password>%s</password></User>" % (it.secret("config"), it.secret("config"))
    web((asked(b"/System/configurationFile?x=1"), answer(told, content=b"text/xml")))
    web(
        (asked(b"/current_config/passwd"), answer(b"1:%s:%s:1" % (it.secret("list"), it.secret("list")), content=b"text/plain"))
    )
    web(
        (
            asked(b"/cgi"),
            answer(b'{"wifi":{"psk":"%s"},"pwd":"%s"}' % (it.secret("psk"), it.secret("pwd")), content=b"text/json"),
        )
    )
    form = b'<input name="pw" value="%s"><script>var admin_passwd=\'%s\'</script>' % (it.secret("input"), it.secret("script"))
    web((asked(b"/form"), answer(b"<title>Station</title>" + form)))
    moved = (
        b"Location: /x?key=%s" % it.secret("moved"),
        b"X-Any-Key: " + it.secret("key"),
        b"X-Ticket: " + it.secret("ticket"),
    )
    web((asked(b"/"), answer(b"", *moved, status=b"302 Found")))
    host = asked(b"/").replace(b"Host: ", b"Host: %s:%s@" % (it.secret("host-name"), it.secret("host-word")))
    web((host, answer(b"")))
    web((b"", answer(b"<title>Station</title>" + it.secret("half"))), whole=False)
    home = (
        b"POST /%s?sn=%s HTTP/1.1\r\nHost: home.example.com\r\nUser-Agent: Cam/1.0 (%s)\r\nAuthorization: Basic %s\r\n\r\n"
        % (
            *(b"register", it.secret("home"), b"token=" + it.secret("agent")),
            it.basic("home"),
        )
    )
    it.talk(Endpoint(CAMERA, 50001), Endpoint(CLOUD, 80), (home, answer(b"")))


def _over_rtsp(it: Capture) -> None:
    camera = Endpoint(CAMERA, 554)

    def request(verb: bytes, url: bytes, number: int, *lines: bytes) -> bytes:
        further = b"".join(line + b"\r\n" for line in lines)
        return verb + b" " + url + b" RTSP/1.0\r\nCSeq: %d\r\nUser-Agent: Recorder/3\r\n" % number + further + b"\r\n"

    def response(number: int, *lines: bytes, status: bytes = b"200 OK", body: bytes = b"") -> bytes:
        further = b"".join(line + b"\r\n" for line in lines)
        length = b"Content-Length: %d\r\n" % len(body) if body else b""
        return (
            b"RTSP/1.0 " + status + b"\r\nCSeq: %d\r\nServer: Rtsp Server/2.0\r\n" % number + further + length + b"\r\n" + body
        )

    url = b"rtsp://%s:%s@10.20.0.64/ch1" % (it.secret("rtsp-name"), it.secret("rtsp-word"))
    described = SDP + b"k=clear:%s\r\na=control:%s\r\na=crypto:1 AES inline:%s\r\n" % (it.secret("sdp"), url, it.secret("srtp"))
    described += b"a=control:rtsp://10.20.0.64/x?token=%s\r\n" % it.secret("control")
    it.talk(
        Endpoint(RECORDER, 42000),
        camera,
        (request(b"OPTIONS", url, 1), response(1, b"Public: OPTIONS")),
        (request(b"DESCRIBE", url, 2), response(2, b'WWW-Authenticate: Basic realm="IPC"', status=b"401 Unauthorized")),
        (
            request(b"DESCRIBE", url, 3, b"Authorization: Basic " + it.basic("rtsp")),
            response(3, b"Content-Base: " + url, b"Content-Type: application/sdp", body=described),
        ),
        (
            request(b"PLAY", url, 4),
            response(4, b"Session: %s;timeout=60" % it.secret("session")) + b"$\0\0\x20" + it.secret("media"),
        ),
    )
    for number, path in enumerate((b"user=%s&password=%s&channel=1&stream=0.sdp", b"user=%s_password=%s_channel=1")):
        url = b"rtsp://10.20.0.64:554/" + path % (it.secret("path-name"), it.secret("path-word"))
        lines = (b"Content-Base: " + url, b"Content-Type: application/sdp")
        it.talk(Endpoint(RECORDER, 42010 + number), camera, (request(b"DESCRIBE", url, 1), response(1, *lines, body=SDP)))


def _on_terminals(it: Capture) -> None:
    name, word = it.secret("ftp-name"), it.secret("ftp-word")
    it.talk(
        Endpoint(PERSON, 43000),
        Endpoint(CAMERA, 21),
        (b"", b"220-Camera FTP\r\n220 ready\r\n"),
        (b"USER " + name + b"\r\n", b"331 Password required for " + name + b"\r\n"),
        (b"PASS " + word + b"\r\n", b"230 User " + name + b" logged in\r\n"),
    )
    negotiation = b"\xff\xfd\x18\xff\xfb\x01"
    name, word, typed = it.secret("telnet-name"), it.secret("telnet-word"), it.secret("telnet-typed")
    it.talk(
        Endpoint(PERSON, 43001),
        Endpoint(CAMERA, 23),
        (b"", negotiation + b"\r\nBusyBox camera\r\ncamera login: "),
        (b"\xff\xfb\x18" + name + b"\r\n", name + b"\r\nPassword: "),
        (word + b"\r\n", b"\r\n# "),
        (b"cat " + typed + b"\r\n", b"cat " + typed + b"\r\n" + it.secret("telnet-told") + b"\r\n# "),
    )
    inside = it.secret("telnet-inside")
    it.talk(Endpoint(PERSON, 43002), Endpoint(CAMERA, 23), (b"echo " + inside + b"\r\n", inside + b"\r\n# "), whole=False)
    inside = b"Benutzer: " + it.secret("telnet-half") + b"\r\n# cat /etc/shadow\r\nroot:" + it.secret("telnet-hash")
    it.talk(Endpoint(PERSON, 43004), Endpoint(CAMERA, 2323), (b"", inside), whole=False)
    it.talk(Endpoint(PERSON, 43003), Endpoint(CAMERA, 9999), (b"login " + it.secret("unknown") + b"\r\n", b"ok\r\n"))


def _in_datagrams(it: Capture) -> None:
    def element(tag: int, content: bytes) -> bytes:
        return bytes([tag, len(content)]) + content

    def snmp(version: int, community: bytes, pdu: int) -> bytes:
        name = element(0x06, bytes.fromhex("2b06010201010100"))
        bound = element(0x30, element(0x30, name + (element(0x05, b"") if pdu == 0xA0 else element(0x04, b"Camera"))))
        numbers = element(0x02, b"\x01") + element(0x02, b"\0") * 2
        return element(0x30, element(0x02, bytes([version])) + element(0x04, community) + element(pdu, numbers + bound))

    agent, manager = Endpoint(CAMERA, 161), Endpoint(PERSON, 44000)
    for version in (0, 1):
        community = it.secret("community")
        it.datagram(snmp(version, community, 0xA0), manager, agent)
        it.datagram(snmp(version, community, 0xA2), agent, manager)
        it.datagram(snmp(version, community, 0xA2)[:-3], agent, manager)
        it.datagram(snmp(version, community, 0xA7), Endpoint(CAMERA, 44001), Endpoint(PERSON, 162))
    strings = (b"u=" + it.secret("txt-name"), b"p=" + it.secret("txt-word"), b"path=/?user=a&pwd=" + it.secret("txt-path"))
    txt = b"".join(bytes([len(one)]) + one for one in strings)
    name = b"\x03cam\x05_http\x04_tcp\x05local\0"
    record = name + bytes.fromhex("0010800100000078") + len(txt).to_bytes(2) + txt
    it.datagram(bytes.fromhex("000084000000000100000000") + record, Endpoint(CAMERA, 5353), Endpoint("224.0.0.251", 5353))
    location = b"http://%s:%s@10.20.0.64/d.xml?token=%s" % (it.secret("ssdp"), it.secret("ssdp"), it.secret("ssdp"))
    notify = b"NOTIFY * HTTP/1.1\r\nNT: upnp:rootdevice\r\nNTS: ssdp:alive\r\nUSN: uuid:1\r\nLOCATION: " + location
    notify += b"\r\nSERVER: Linux password=%s\r\n\r\n" % it.secret("server")
    it.datagram(notify, Endpoint(CAMERA, 1900), Endpoint("239.255.255.250", 1900))
    hello = (
        b'<e:Envelope xmlns:e="e" xmlns:d="d" xmlns:a="a" xmlns:wsse="w"><e:Header><wsse:UsernameToken><wsse:Username>%s</wsse:Username>'
        b"<wsse:Password>%s</wsse:Password><wsse:Nonce>%s</wsse:Nonce></wsse:UsernameToken></e:Header><e:Body><d:%s>"
        b"<a:EndpointReference><a:Address>urn:uuid:1</a:Address></a:EndpointReference><d:XAddrs>http://%s:%s@10.20.0.64/onvif</d:XAddrs>"
        b"</d:%s></e:Body></e:Envelope>"
    )
    for body in (b"Hello", b"Nonsense"):
        words = [it.secret("wsd") for _ in range(5)]
        payload = hello % (*words[:3], body, *words[3:], body)
        it.datagram(payload, Endpoint(CAMERA, 3702), Endpoint("239.255.255.250", 3702))
        it.datagram(payload.decode().encode("utf-16"), Endpoint(CAMERA, 3702), Endpoint("239.255.255.250", 3702))
        it.secrets += [word.decode().encode("utf-16-le") for word in words]
    for kind in (b"Probe", b"Other", b"Prob"):
        command = b"<%s><Uuid>1</Uuid><Types>update</Types><Password>%s</Password></%s>" % (kind, it.secret("sadp"), kind)
        it.datagram(command, Endpoint(PERSON, 37020), Endpoint("239.255.255.250", 37020))
    for method in (b"DHDiscover.setConfig", b"DevInit.account", b"other"):
        body = b'{"method":"%s","params":{"username":"%s","password":"%s"}}' % (method, it.secret("dhip"), it.secret("dhip"))
        header = bytes.fromhex("2000000044484950") + bytes(8) + len(body).to_bytes(8, "little") * 2
        it.datagram(header + body, Endpoint(PERSON, 37810), Endpoint(CAMERA, 37810))
    key, enciphered = 171, bytearray()
    plain = b'{"netif":{"set_stainfo":{"ssid":"x","password":"%s"}}}' % it.secret("enciphered")
    for byte in plain:
        key ^= byte
        enciphered.append(key)
    it.secrets.append(bytes(enciphered[plain.find(b"Zq") :][:10]))
    it.datagram(bytes(enciphered), Endpoint(PERSON, 45000), Endpoint(CAMERA, 9999))
