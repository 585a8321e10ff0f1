"""What stands on networks beside cameras and answers on the same ports, as Debian ships it."""

from __future__ import annotations

from collections.abc import Sequence

from tests.lab.daemons.daemon import Daemon
from tests.lab.device import Device

COMMUNITY = "lab-read"
RANGE = "10.20.0.192/28"

_PAGE = "<!DOCTYPE html><html><head><title>Staff canteen</title></head><body><p>Menu of the week.</p></body></html>\n"
_RTSP_SERVER = """
import gi
gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer
Gst.init(None)
server = GstRtspServer.RTSPServer()
server.set_service("554")
factory = GstRtspServer.RTSPMediaFactory()
factory.set_launch("( videotestsrc is-live=true ! jpegenc ! rtpjpegpay name=pay0 )")
server.get_mount_points().add_factory("/", factory)
server.attach(None)
GLib.MainLoop().run()
"""
_LINK_GSTREAMER = """
mkdir /run/plugins
for name in app coreelements jpeg rtp rtpmanager rtsp tcp typefindfunctions udp videoconvertscale videotestsrc; do
    ln -s /usr/lib/*/gstreamer-1.0/libgst$name.so /run/plugins/
done
export GST_REGISTRY=/run/registry GST_REGISTRY_FORK=no GST_PLUGIN_SYSTEM_PATH_1_0=/run/plugins
exec /usr/bin/python3 /run/rtsp.py
"""


def _service(kind: str, port: int) -> str:
    return (
        '<?xml version="1.0"?><!DOCTYPE service-group SYSTEM "avahi-service.dtd"><service-group><name>Reading room</name>'
        f"<service><type>{kind}</type><port>{port}</port></service></service-group>"
    )


def _peer(number: int, name: str, mac: str, *services: Daemon) -> Device:
    return Device(name=name, mac=mac, ip=f"10.20.0.{192 + number}", services=services)


NGINX = Daemon(
    argv=("/usr/sbin/nginx", "-c", "/run/nginx.conf", "-e", "/run/error.log"),
    listens=(("tcp", 80),),
    files={
        "/run/nginx.conf": "daemon off; pid /run/nginx.pid; user www-data; worker_processes 1; events {} http { access_log off;"
        + "".join(f" {kind}_temp_path /run/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        + " server { listen 80 default_server; root /usr/share/nginx/html; } }",
    },
)
LIGHTTPD = Daemon(
    argv=("/usr/sbin/lighttpd", "-D", "-f", "/run/lighttpd.conf"),
    listens=(("tcp", 80),),
    files={
        "/run/lighttpd.conf": 'server.document-root = "/run/www"\nserver.port = 80\nindex-file.names = ("index.html")\n'
        'mimetype.assign = (".html" => "text/html")\n',
        "/run/www/index.html": _PAGE,
    },
)
MINI_HTTPD = Daemon(
    argv=("/usr/sbin/mini_httpd", "-D", "-p", "80", "-d", "/run/www", "-u", "nobody", "-i", "/run/mini_httpd.pid"),
    listens=(("tcp", 80),),
    files={"/run/www/index.html": _PAGE, "/run/www/.htpasswd": "reader:*\n"},
)
DROPBEAR = Daemon(
    argv=(
        "sh",
        "-c",
        "dropbearkey -t ed25519 -f /run/key && exec /usr/sbin/dropbear -F -E -r /run/key -p 22 -P /run/dropbear.pid",
    ),
    listens=(("tcp", 22),),
)
VSFTPD = Daemon(
    argv=("/usr/sbin/vsftpd", "/run/vsftpd.conf"),
    listens=(("tcp", 21),),
    files={
        "/run/vsftpd.conf": "listen=YES\nlisten_ipv6=NO\nbackground=NO\nanonymous_enable=NO\nlocal_enable=YES\n"
        "secure_chroot_dir=/run/empty\n",
        "/run/empty/.keep": "",
    },
)
SNMPD = Daemon(
    argv=("env", "SNMP_PERSISTENT_DIR=/run", "/usr/sbin/snmpd", "-f", "-LE", "3", "-C", "-c", "/run/snmpd.conf", "-I", "-smux"),
    listens=(("udp", 161),),
    files={
        "/run/snmpd.conf": f"agentaddress udp:161\nrocommunity {COMMUNITY}\nsysName reading-room\nsysLocation Ground floor\n"
    },
)
LLDPD = Daemon(
    argv=("/usr/sbin/lldpd", "-d", "-u", "/run/lldpd.socket", "-I", "eth0"),
    listens=(("packet", 0),),
    files={"/run/lldpd/.keep": ""},
)
MINIDLNA = Daemon(
    argv=("/usr/sbin/minidlnad", "-S", "-f", "/run/minidlna.conf", "-P", "/run/minidlna.pid"),
    listens=(("tcp", 8200), ("udp", 1900)),
    files={
        "/run/minidlna.conf": "network_interface=eth0\nport=8200\nfriendly_name=Reading room\nmedia_dir=/run/media\n"
        "db_dir=/run/db\nlog_dir=/run/log\nminissdpdsocket=/run/minissdpd.sock\ninotify=no\n",
        **{f"/run/{folder}/.keep": "" for folder in ("media", "db", "log")},
    },
)
DNSMASQ = Daemon(
    argv=(
        *("/usr/sbin/dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--user=root", "--no-resolv", "--no-hosts"),
        *("--interface=eth0", "--bind-interfaces", "--pid-file=/run/dnsmasq.pid", "--dhcp-leasefile=/run/leases"),
        *("--domain=lab.test", "--dhcp-range=10.20.0.204,10.20.0.206,2m", "--log-facility=-"),
    ),
    listens=(("udp", 53), ("udp", 67), ("tcp", 53)),
)
AVAHI = Daemon(
    argv=("/usr/sbin/avahi-daemon", "-f", "/etc/avahi/avahi-daemon.conf", "--no-drop-root", "--no-chroot", "--no-rlimits"),
    listens=(("udp", 5353),),
    covers=("/etc/avahi",),
    files={
        "/etc/avahi/avahi-daemon.conf": "[server]\nhost-name=reading-room\nuse-ipv4=yes\nuse-ipv6=no\nenable-dbus=no\n"
        "[publish]\npublish-workstation=yes\npublish-hinfo=yes\n",
        "/etc/avahi/services/web.service": _service("_http._tcp", 80),
        "/etc/avahi/services/files.service": _service("_sftp-ssh._tcp", 22),
        "/etc/avahi/services/stream.service": _service("_rtsp._tcp", 8554),
    },
)
GSTREAMER = Daemon(argv=("sh", "-c", _LINK_GSTREAMER), listens=(("tcp", 554),), files={"/run/rtsp.py": _RTSP_SERVER})

DEVICES: Sequence[Device] = (
    _peer(1, "nginx", "00:16:3e:20:00:c1", NGINX),
    _peer(2, "lighttpd", "b8:27:eb:20:00:c2", LIGHTTPD),
    _peer(3, "mini-httpd", "dc:a6:32:20:00:c3", MINI_HTTPD),
    _peer(4, "dropbear", "b8:27:eb:20:00:c4", DROPBEAR),
    _peer(5, "vsftpd", "00:16:3e:20:00:c5", VSFTPD),
    _peer(6, "snmpd", "00:16:3e:20:00:c6", SNMPD),
    _peer(7, "lldpd", "00:16:3e:20:00:c7", LLDPD),
    _peer(8, "minidlna", "b8:27:eb:20:00:c8", MINIDLNA),
    _peer(9, "dnsmasq", "00:16:3e:20:00:c9", DNSMASQ),
    _peer(10, "avahi", "dc:a6:32:20:00:ca", AVAHI),
    _peer(11, "gstreamer", "dc:a6:32:20:00:cb", GSTREAMER),
)
