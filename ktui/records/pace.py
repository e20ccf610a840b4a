"""How to read next: which gear, and how much at most. Pure: it is told what came and how much is left."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from ktui.model import Record, total_size
from ktui.rest.dialect import MIB, Dialect, Gear

FAR_BEHIND = 1000
"""Records from which the faster gear pays for being opened."""
LARGEST_READ = 64 * MIB
SMALLEST_READ = 32 * 1024
QUICK_SECONDS = 0.2
"""What Karapace takes at most for a record that is there already; one that took longer came just now."""
AT_ONCE_SECONDS = 0.02
"""What Confluent takes at most to answer with nothing where it holds a large record back (2 ms seen); a read that finds
nothing takes its 50 ms."""
SLOW_SECONDS = 1.0
"""What a read may take beyond the wait that it asks for, before the next one asks for less."""
_TOO_BIG = 3
"""Empty reads in a row, with records known to be there, after which the next one is taken to exceed max_bytes."""
_WIDER = 8
_ROOMY = 4
"""How much larger max_bytes may be made so that the number of records is the limit: should they be larger all at once,
so much more would come in one answer."""
_SAMPLE = 100
"""Records of a read that are many: more are there, and the size of the next ones is guessed from them."""
_DRAINED = 6
"""As many say that the rest are no records: markers of transactions take offsets too."""


class Pace:
    """The gear of one stream."""

    def __init__(self, dialect: Dialect, *, steady: bool = False) -> None:
        """`steady`: the faster gear, however little is left."""
        self.steady = steady
        if steady:
            dialect = replace(dialect, tail=dialect.catch_up)
        self._dialect = dialect
        self._in_place = dialect.tail.options == dialect.catch_up.options
        self.gear: Gear = dialect.tail
        self._first = not steady
        """No record has come yet."""
        self._full_reads = 0
        self._empty_reads = 0
        self._tried = 0
        """max_bytes of the last read."""
        self._ceiling = LARGEST_READ
        """What full answers may make of max_bytes: less than one that no answer came to in time."""
        self._asked: int | None = None
        """max_bytes grown beyond the gear's, to see whether a large record is why nothing comes."""
        self._needed = 0
        """What the largest record made it grow to. Kept: where one is, there are more."""
        self._wide = 0
        """max_bytes of a read that is to bring many records, when it is."""
        self._waited = False
        """The last read had to wait for what it brought: nothing was left over from before."""
        self.at_once = False
        """The last read waited for nothing."""
        self._grown = 0
        """max_bytes that full answers made of the gear's, or slow ones; 0: nothing yet."""
        self._mean = 0.0
        """Bytes of a record, as of the last read of many; 0: not known."""
        self._flows = False
        """The last read brought as many records as it could, or many."""

    @property
    def timeout_ms(self) -> int | None:
        """How long the next read may wait; None leaves it to the consumer."""
        return self.gear.flowing_timeout_ms if self._flows else None

    @property
    def max_bytes(self) -> int | None:
        """What the next read asks for at most."""
        limit = self.gear.max_bytes
        if limit is None:
            return None
        if self._first and self.gear.first_bytes is not None:
            return max(self.gear.first_bytes, self._asked or 0, self._wide)
        return max(self._by_number(self._grown or limit), self._needed, self._asked or 0, self._wide)

    def _by_number(self, limit: int) -> int:
        """What is to be asked for so that a read fetches about as many bytes. Karapace takes records to have a KiB and
        throws away only what is beyond max_bytes: where they are small, a larger one loses nothing, and the next read
        need not wait until it is known what this one lost."""
        expects = self._dialect.expects_bytes
        if expects is None or not (self._flows and self._mean) or limit < expects:
            return limit
        return max(limit, min(int(limit * expects / self._mean), _ROOMY * limit))

    def took(self, seconds: float, size: int, max_bytes: int | None) -> None:
        """How long a read took and what it brought: full answers make the next ones larger, slow ones smaller."""
        self._tried = LARGEST_READ if max_bytes is None else max_bytes
        self._waited = seconds > QUICK_SECONDS
        self.at_once = seconds < AT_ONCE_SECONDS
        limit = self.gear.max_bytes
        if limit is None or max_bytes is None or self.gear.most_bytes is None:
            return
        limit = self._grown or limit
        slow = seconds > SLOW_SECONDS + self.gear.timeout_ms / 1000
        if slow and max_bytes <= limit:  # else it was asked before the last one had been too slow
            self._grown = max(limit // 2, SMALLEST_READ)
        elif not slow and size >= max_bytes >= limit:  # else before the last one was found full
            self._grown = min(2 * limit, self.gear.most_bytes, max(limit, self._ceiling))

    def broke(self) -> None:
        """A read had no answer in time: the next ones ask for less."""
        if self._grown:
            self._grown = max(self._grown // 2, SMALLEST_READ)
            self._ceiling = max(self._grown, self.gear.max_bytes or 0)
        self._needed, self._asked, self._wide = 0, None, 0

    @property
    def exhausted(self) -> bool:
        """So many reads in a row brought nothing that nothing is there, however much is asked for."""
        return self._empty_reads >= _DRAINED and (not self._dialect.holds_back_large or self._tried >= LARGEST_READ)

    def widen(self) -> None:
        """Ask for as much as at a backlog until records come; said again, for more."""
        limit = self._dialect.catch_up.max_bytes or 0
        self._wide = min(max(limit, _WIDER * self._wide), LARGEST_READ)

    def lift(self) -> bool:
        """Ask without max_bytes from now on. False when it is not asked for anyway."""
        if self.gear.max_bytes is None:
            return False
        tail, catch_up = (replace(gear, max_bytes=None) for gear in (self._dialect.tail, self._dialect.catch_up))
        if self._dialect.tail is self._dialect.catch_up:
            catch_up = tail
        self.gear = catch_up if self.catching_up else tail
        self._dialect = replace(self._dialect, tail=tail, catch_up=catch_up)
        return True

    @property
    def catching_up(self) -> bool:
        return self.gear is not self._dialect.tail

    def anew(self) -> None:
        """Count empty reads from here."""
        self._empty_reads = 0

    def choose(self, behind: int) -> bool:
        """Take the gear for being so far behind. True when that needs a new instance."""
        far = behind > FAR_BEHIND and not (self.catching_up and self.exhausted)
        gear = self._dialect.catch_up if far else self._dialect.tail
        if gear is self.gear:
            return False
        self._take(gear)
        return not self._in_place

    def after(self, records: Sequence[Record], behind: int) -> bool:
        """Take in one read. True when it is worth asking how far behind we are, and then to choose again."""
        full = self._full(records)
        self._flows = full or len(records) >= _SAMPLE
        if records:
            self._first = False
            if self._dialect.expects_bytes and len(records) >= _SAMPLE:
                self._mean = total_size(records) / len(records)
            if self._asked and self._grown:
                self._grown = self._asked  # it had become too small for one record
            self._empty_reads, self._asked, self._wide = 0, None, 0
        elif behind > 0:
            self._empty_reads += 1
            limit = self.max_bytes
            if limit and self._dialect.holds_back_large:
                if self._empty_reads > _DRAINED:
                    self._asked = min(_WIDER * limit, LARGEST_READ)
                elif self._empty_reads % _TOO_BIG == 0:
                    self._asked = min(2 * limit, LARGEST_READ)
        self._full_reads = self._full_reads + 1 if full else 0
        if self.catching_up:
            if self._in_place and not records:
                self._take(self._dialect.tail)
                return False
            return not self._in_place and (behind <= 0 or self.exhausted)
        if not full or self._full_reads < self.gear.patience:
            return False
        if self._in_place:
            self._take(self._dialect.catch_up)
            return False
        self._full_reads = 0
        return True

    def grown(self, records: Sequence[Record]) -> int | None:
        """To how many bytes a read had to grow for these records, when it had to; before `after`."""
        if self._asked is None or not any(record.size >= (self.gear.max_bytes or 0) for record in records):
            return None
        self._needed = self._asked
        return self._needed

    def beyond(self, records: Sequence[Record], max_bytes: int | None) -> bool:
        """Whether a read reached what it was asked for at most, where this make of proxy throws away what it had
        beyond. With 1 byte it takes single records and has nothing more."""
        return (
            self._dialect.drops_beyond_max_bytes
            and max_bytes is not None
            and max_bytes > 1
            and total_size(records) >= max_bytes
        )

    def _full(self, records: Sequence[Record]) -> bool:
        """There is more than this, as far as the number tells; of single records only those that follow each other."""
        most = self.gear.full_records
        return most is not None and len(records) >= most and not (most == 1 and self._waited)

    def _take(self, gear: Gear) -> None:
        self._full_reads = self._empty_reads = 0
        self._asked = None
        self._grown = 0
        self.gear = gear
