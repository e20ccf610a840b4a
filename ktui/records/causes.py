"""What can be wrong between ktui and a proxy, in words: the likely cause, and what to do about it."""

from __future__ import annotations

from typing import NamedTuple


class Diagnosis(NamedTuple):
    """What an exchange shows. `title` may stand alone; cause and next step are sentences. Not cleaned."""

    kind: str
    title: str
    cause: str
    next_step: str
    note: bool = False
    """Worth knowing, but nothing failed."""
    vague: bool = False
    """The proxy's own words say more."""


_OPENED_AGAIN = "Nothing is lost: the stream opens another one at its own positions."

EXPIRED = Diagnosis(
    "expired",
    "instance expired",
    "The consumer instance was idle for longer than the proxy keeps one (Confluent: 300 s).",
    _OPENED_AGAIN,
)
REPLICA = Diagnosis(
    "replica",
    "another replica answered",
    "The instance answered a moment ago and is not known now: a load balancer sent this call to another replica "
    "of the proxy, and replicas share no instances.",
    "Give the address of one replica, or switch on sticky sessions in the load balancer.",
)
GONE = Diagnosis(
    "gone",
    "instance is gone",
    "The proxy does not know the consumer instance any more: it restarted, or another replica answered.",
    f"{_OPENED_AGAIN} If it happens all the time, a load balancer needs sticky sessions.",
)
LEFT = Diagnosis(
    "left", "instance was deleted", "It was deleted before this call came.", "Nothing has to be done.", note=True
)
WRONG_ACCEPT = Diagnosis(
    "accept",
    "wrong Accept",
    "The read asks for another format than the instance was made with; an instance has one format for its life.",
    "Make a new instance with the wanted format, or ask for the one it has.",
)
MEDIA = Diagnosis(
    "media",
    "media type not spoken",
    "The proxy does not speak the media type in Accept or Content-Type. Makes of proxy differ here.",
    "If ktui takes it for another make of proxy than it is, say which one with --dialect.",
)
NO_ASSIGNMENT = Diagnosis(
    "unassigned",
    "nothing assigned",
    "The instance was read before partitions were assigned or topics subscribed.",
    "Assign partitions first (POST …/assignments), then read.",
)
SEEK_FIRST = Diagnosis(
    "seek",
    "seek before assignment",
    "A position was set for a partition that the instance does not have: it must be assigned first. Karapace also "
    "says so now and then right after the assignment.",
    "Assign, then seek, and try again at once if it is refused. The stream does that by itself.",
)
MIXED = Diagnosis(
    "mixed",
    "subscription and assignment mixed",
    "An instance either subscribes to topics or has partitions assigned, never both.",
    "Use a new instance for the other way.",
)
TAKEN = Diagnosis(
    "taken", "name taken", "An instance of that name is there already.", "Choose another name, or delete it first."
)
CONFLICT = Diagnosis(
    "conflict",
    "wrong state",
    "The instance is in another state than the call needs.",
    "A new one starts clean.",
    vague=True,
)
POISON = Diagnosis(
    "poison",
    "poison record",
    "A record is not what its format says, and the proxy gives up the whole read for it. Confluent fails again at "
    "every read, the others lose the records of this one.",
    "Read as binary: it never fails, and ktui decodes by itself. Then seek behind the record.",
)
TOO_LARGE = Diagnosis(
    "max_bytes",
    "answer larger than max_bytes",
    "The records of this read are larger than max_bytes allows. Strimzi has passed over them.",
    "Seek back and read without max_bytes.",
)
TOO_MUCH = Diagnosis(
    "body",
    "request too large",
    "The request is larger than the proxy, or a gateway before it, takes.",
    "Send smaller or fewer records, or raise the limit there.",
)
ACTIVE_GROUP = Diagnosis(
    "members",
    "group has active members",
    "The group is in use: while members of it read, nobody else may move its offsets. Nothing was stored.",
    "Stop the application, commit, start it again.",
)
OFF_BY_ONE = Diagnosis(
    "off-by-one",
    "commit is off by one",
    "What was read back is not what was committed: this proxy counts commits in another way than ktui believes "
    "(Confluent and Karapace store the number sent plus one, the others the number itself).",
    "ktui takes it for another make than it is: say which one with --dialect, then commit again.",
)
PLUS_ONE = Diagnosis(
    "plus-one",
    "commit is stored plus one",
    "This make of proxy stores the number it is sent plus one, so ktui sends one less than you asked for.",
    "Nothing has to be done: the group resumes at the number you typed.",
    note=True,
)
OTHER_WORLD = Diagnosis(
    "base_uri",
    "base_uri of another world",
    "The proxy names its instances by an address that is not the one you use. Clients that follow it (as the "
    "documentation says) may not reach it from here.",
    "ktui goes on with your address. For others, set advertised.listeners or host.name at the proxy.",
    note=True,
)
GATEWAY = Diagnosis(
    "gateway",
    "a gateway answered",
    "A page for people came instead of the proxy's JSON: something between us answered.",
    "Look whether the proxy behind it runs, and whether the address has the right path.",
)
AWAY = Diagnosis(
    "away",
    "proxy is away",
    "A gateway answered that the proxy behind it does not.",
    "It is tried again by itself. See whether the proxy runs and is registered at the gateway.",
)
ELSEWHERE = Diagnosis(
    "redirect",
    "redirected elsewhere",
    "The answer points to another address. Credentials are never sent there by themselves.",
    "If that address is yours, use it instead of this one.",
)
LOGIN = Diagnosis(
    "401",
    "login needed",
    "The proxy does not take the user and password, or got none.",
    "Give them in the URL or in KTUI_USER and KTUI_PASSWORD, a token in KTUI_TOKEN.",
)
DENIED = Diagnosis(
    "403",
    "not allowed",
    "The proxy knows you, but this is not allowed: an access rule (ACL) of Kafka or of the proxy.",
    "Ask whoever runs the cluster for the right to this topic or group.",
)
RATE = Diagnosis(
    "429", "too many requests", "The proxy limits the rate of requests.", "Nothing: ktui waits as long as it says."
)
NO_TOPIC = Diagnosis("topic", "no such topic", "The topic is not there, or not for you.", "R refreshes the list.")
NO_PARTITION = Diagnosis("partition", "no such partition", "The topic has no such partition.", "R refreshes the list.")
NOT_THERE = Diagnosis(
    "there", "not there", "What the path names is not known to the proxy.", "Check the name.", vague=True
)
NO_POSITION = Diagnosis(
    "position",
    "no position to read from",
    "The group never committed here, or the position is outside of what is kept, and auto.offset.reset is none.",
    "Seek to an offset first, or make the instance with earliest or latest.",
)
SLOW_COMMIT = Diagnosis(
    "commit",
    "commit for a partition that is not there",
    "After a minute the proxy gave up: that is how it answers a commit for an unknown topic or partition.",
    "Check topic and partition number; nothing was stored.",
)
NOT_OFFERED = Diagnosis(
    "offer", "not offered", "This proxy has no such call.", "C shows what it can do, and what it cannot."
)
NOT_A_PROXY = Diagnosis(
    "path",
    "no REST proxy there",
    "The path is not known there, and the answer is not a proxy's.",
    "Check the address: it needs the proxy's path, if there is one before /topics.",
)
BAD_OPTION = Diagnosis(
    "option",
    "instance could not be made",
    "The proxy does not take the options the instance was asked for with. Every make takes others.",
    "If ktui takes it for another make of proxy than it is, say which one with --dialect.",
)
UNACCEPTABLE = Diagnosis(
    "request",
    "not accepted",
    "The proxy does not take the request as it is.",
    "Its own words are in the answer.",
    vague=True,
)
NOT_STORED = Diagnosis(
    "stored",
    "records were not stored",
    "The request as a whole was taken, but records in it were refused, each with its own error.",
    "The answer says which. The others are stored: sending all again would store them twice.",
)
KAFKA = Diagnosis(
    "kafka",
    "Kafka is in trouble",
    "The proxy is there, but Kafka behind it does not do what it was asked: brokers away, or too slow.",
    "It is tried again by itself where that is safe. Look at the brokers.",
    vague=True,
)
BROKEN = Diagnosis(
    "500",
    "the proxy failed",
    "The proxy failed inside. What it says is not meant for clients; its own log says more.",
    "Wait a little, then try again.",
    vague=True,
)
EMPTY_RECORDS = Diagnosis(
    "empty",
    "records without bytes",
    "Karapace answers 500 when it has nothing but records without key and value, and passes over them.",
    "Nothing: the stream notes the gap and goes on.",
)
SLOW = Diagnosis(
    "slow",
    "slow answer",
    "The answer took seconds longer than it should: a busy proxy, slow brokers, or a long way.",
    "Nothing is wrong yet. If it stays, look at the proxy's load.",
    note=True,
)
UNTRUSTED = Diagnosis(
    "tls",
    "certificate not trusted",
    "The certificate of the proxy was not signed by an authority that this machine trusts, has expired, or is for "
    "another name.",
    "Use the name in the certificate, or give the certificate of its authority (ca_file, --cacert).",
)
TLS = Diagnosis(
    "tls",
    "TLS fails",
    "The two sides do not agree on TLS: plain HTTP is spoken there, or a client certificate is asked for.",
    "Try the address with http://, or see what the proxy asks of its clients.",
)
DNS = Diagnosis(
    "dns", "name not known", "The host's name cannot be looked up.", "Check the name, the VPN and the DNS server."
)
REFUSED = Diagnosis(
    "refused",
    "nothing listens",
    "The machine is there but nothing listens at the port.",
    "Start the proxy, or check the port: 8082 is Confluent's and Karapace's, 8080 Strimzi's. It is tried again.",
)
NO_WAY = Diagnosis(
    "connect",
    "no connection",
    "The machine does not take the connection: it is off, or a firewall drops what we send.",
    "Check the address and the way there. It is tried again by itself.",
)
NO_ANSWER = Diagnosis(
    "timeout",
    "no answer in time",
    "The connection stands, but no answer came in time: the proxy is stuck, or Kafka behind it is.",
    "It is tried again by itself, but never a write: whether that was carried out is unknown.",
)
CUT = Diagnosis(
    "cut",
    "answer was cut",
    "The connection ended in the middle of an answer: the proxy stopped, or a gateway has a limit.",
    "Nothing is lost: the stream reads the same place again. It is never done so with a write.",
)
HUNG_UP = Diagnosis(
    "closed",
    "hung up",
    "The connection was closed without an answer: the proxy is stopping, or something between hangs up idle lines.",
    "The connection is tried again by itself.",
)
DAMAGED = Diagnosis(
    "damaged", "damaged answer", "The answer's compression does not open.", "Look at what stands between: a gateway?"
)
FORWARD = Diagnosis(
    "forward",
    "HTTP proxy in the way",
    "A forward proxy from this machine's settings refused the connection.",
    "Check HTTP_PROXY and HTTPS_PROXY; name the host in NO_PROXY to go around it.",
)
UNREACHABLE = Diagnosis(
    "unreachable",
    "no connection",
    "The proxy cannot be reached.",
    "The connection is tried again by itself.",
    vague=True,
)
