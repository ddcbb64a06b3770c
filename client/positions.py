"""How far each stream has arrived, what to give back after a reconnect, and what must wait."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from .errors import RequestRefused
from .frames import Notification, Replayed, Resumed, Subscribed, Unsubscribed, Welcome
from .gaps import Gap, Position

# API Gateway takes a frame of 32 KB and no more; the topics need some of it.
MAX_GIVEN, MAX_GIVEN_BYTES = 200, 16_000
MAX_STREAMS = 1000
MAX_AHEAD = 1000
# So often a replay that the server has promised is not taken for lost.
REPLAY_PATIENCE = 20
# Nothing of the stream is due to us: not a gap.
NOT_OURS = frozenset({"forbidden", "not_subscribed"})


@dataclass(slots=True)
class _Stream:
    """One of them: everything up to `seq` has arrived, and the numbers `ahead` of it.

    While it catches up, `left` replayed notifications are to come, and then everything up to `goal`
    has arrived; there may be `more` behind that. What comes live meanwhile is `held`, so that it
    does not overtake; so is what comes live behind a hole, until the hole is filled. `chased`: how
    often it was found stuck since something of the replay came. Where the server does not serve
    what is missing, it is `resigned`: it holds nothing until it is asked for again. `guessed`: the
    server has not said yet where it stood.
    """

    epoch: str
    seq: int
    ahead: set[int] = field(default_factory=set)
    goal: int | None = None
    left: int = 0
    more: bool = False
    held: list[Notification] = field(default_factory=list)
    guessed: bool = False
    resigned: bool = False
    chased: int = 0

    @property
    def position(self) -> Position:
        return Position(self.epoch, self.seq)

    @property
    def catches_up(self) -> bool:
        return self.goal is not None or self.more

    @property
    def is_stuck(self) -> bool:
        """Whether something waits for what nobody has been asked for, or is promised and not
        there."""
        return self.goal is not None or (bool(self.held) and not self.more)

    def chase(self) -> None:
        """It was stuck for a while: what is missing is to be asked for. A replay may take
        longer."""
        self.chased += 1
        if self.goal is None or self.chased >= REPLAY_PATIENCE:
            self.goal, self.more = None, True

    def must_wait(self, seq: int) -> bool:
        """Whether what comes live would overtake something."""
        sure = not self.resigned and not (self.guessed and self.seq == 0)
        return self.catches_up or (sure and seq > self.seq + 1)

    def follow(self) -> list[Notification]:
        """What was held behind a hole, and follows without one now."""
        followed: list[Notification] = []
        if self.catches_up:
            return followed
        self.held.sort(key=lambda each: each.seq or 0)
        while self.held and (self.held[0].seq or 0) <= self.seq + 1:
            followed.append(self.held.pop(0))
            self.note(followed[-1].seq or 0)
        return followed

    def note(self, seq: int) -> None:
        if seq > self.seq and len(self.ahead) < MAX_AHEAD:
            self.ahead.add(seq)
        self._advance()

    def expect(self, goal: int, replayed: int, more: bool) -> list[Notification]:
        self.goal, self.left, self.more = goal, replayed, more
        self.resigned, self.chased = False, 0
        return self.count(0)

    def count(self, replayed: int) -> list[Notification]:
        """So many of a replay have come. What may be delivered because of it."""
        self.left -= replayed
        self.chased = 0
        if self.goal is None or self.left > 0:
            return []
        self.seq, self.goal = max(self.seq, self.goal), None
        self._advance()
        return [] if self.more else self.release()

    def stood_at(self, seq: int) -> None:
        """What was due began behind `seq`, or with the first that came if that is earlier."""
        if self.guessed and self.seq == 0 and self.ahead:
            self.seq = min(seq, min(self.ahead) - 1)
            self._advance()
        self.guessed = False

    def resign(self) -> list[Notification]:
        """The server does not fill what is missing; the position stays."""
        self.resigned = True
        return self.release()

    def ask_again(self) -> None:
        self.more = self.more or self.resigned
        self.resigned = False

    def release(self) -> list[Notification]:
        self.goal, self.more = None, False
        held, self.held = sorted(self.held, key=lambda each: each.seq or 0), []
        for notification in held:
            self.note(notification.seq or 0)
        return held

    def lose_connection(self) -> None:
        """What was held comes again by a replay: its numbers were not noted."""
        self.goal, self.left, self.more, self.held = None, 0, False, []
        self.resigned = False

    def _advance(self) -> None:
        while self.seq + 1 in self.ahead:
            self.seq += 1
        self.ahead = {seq for seq in self.ahead if seq > self.seq}


class Positions:
    """Sans-I/O. Each method returns the notifications that may be delivered now, in order."""

    def __init__(
        self,
        on_gap: Callable[[Gap], None],
        positions: Mapping[str, Position] = MappingProxyType({}),
    ) -> None:
        self._on_gap = on_gap
        self._streams = {name: _Stream(at.epoch, at.seq) for name, at in positions.items()}
        self._given: dict[str, Position] = {}
        self._omitted: set[str] = set()
        self._given_back: set[str] = set()
        self._interrupted: set[str] = set()
        self._early: list[Notification] | None = None
        # Whether every stream that has begun is known, so that an unknown one begins at 0.
        self._complete = False

    @property
    def reached(self) -> dict[str, Position]:
        return {name: stream.position for name, stream in self._streams.items()}

    def resume(self) -> dict[str, Position]:
        """What to give back on a new connection. What the last one has not brought is forgotten."""
        self._given, size = {}, 0
        self._interrupted = {
            name for name, each in self._streams.items() if each.held or each.resigned
        }
        for name, stream in self._streams.items():
            stream.lose_connection()
            size += len(name) + len(stream.epoch) + 40
            if len(self._given) < MAX_GIVEN and size < MAX_GIVEN_BYTES:
                self._given[name] = stream.position
        self._omitted = self._streams.keys() - self._given.keys()
        self._early = [] if self._given else None
        return dict(self._given)

    def abandoned(self) -> list[Notification]:
        """The new connection did not come about, and the present one goes on."""
        early, self._early = self._early or [], None
        for name in self._interrupted & self._streams.keys():
            self._streams[name].more = True
        return [each for notification in early for each in self.arrived(notification)]

    @property
    def settled(self) -> bool:
        """Whether nothing is being replayed."""
        return not any(stream.catches_up for stream in self._streams.values())

    @property
    def is_stuck(self) -> bool:
        """Whether something waits for what has not come."""
        return any(stream.is_stuck for stream in self._streams.values())

    def chase(self) -> None:
        """What has not come by itself by now counts as lost on the way, sooner or later."""
        for stream in self._streams.values():
            if stream.is_stuck:
                stream.chase()

    def behind(self) -> dict[str, Position]:
        """The streams of which more is to be asked for, and behind which position."""
        return {
            name: stream.position
            for name, stream in self._streams.items()
            if stream.more and stream.goal is None
        }

    def arrived(self, notification: Notification) -> list[Notification]:
        seq, epoch = notification.seq, notification.epoch
        if seq is None or epoch is None:
            return [notification]
        if self._early is not None and not notification.replay:
            self._early.append(notification)  # The welcome will say what comes before it.
            return []
        stream, left = self._streams.get(notification.stream), []
        if stream is None or stream.epoch != epoch:
            left = self._left_of(notification.stream)
            begin = 0 if self._complete and stream is None else seq - 1
            stream = self._keep(notification.stream, _Stream(epoch, begin, guessed=True))
        if not notification.replay and stream.must_wait(seq):
            stream.held.append(notification)
            return left
        stream.note(seq)
        released = stream.count(1) if notification.replay else []
        return [*left, notification, *released, *stream.follow()]

    def welcomed(self, welcome: Welcome) -> list[Notification]:
        early, self._early = self._early or [], None
        self._complete = bool(welcome.resume)
        self._report(welcome.resume)
        released = self._told(welcome.resume)
        for name in self._omitted & self._streams.keys():
            self._streams[name].more = self._complete
        for notification in early:
            released += self.arrived(notification)
        return released

    def subscribed(self, subscribed: Subscribed) -> list[Notification]:
        if subscribed.topic in self._given_back and subscribed.topic in subscribed.streams:
            # What was missed between the two was not wanted.
            self._streams.pop(subscribed.topic, None)
        self._given_back.discard(subscribed.topic)
        return self._told(subscribed.streams)

    def unsubscribed(self, unsubscribed: Unsubscribed) -> None:
        self._given_back.add(unsubscribed.topic)

    def replayed(self, replayed: Replayed) -> list[Notification]:
        stream = self._streams.get(replayed.stream)
        if stream is None or stream.epoch != replayed.position.epoch:
            return []
        return stream.expect(replayed.position.seq, 0, replayed.has_more)

    def refused(self, name: str, error: RequestRefused) -> list[Notification]:
        """More was asked for in vain: go on where the server says, else hold nothing back; the
        position stays."""
        stream = self._streams.get(name)
        if stream is None:
            return []
        if error.position is None:
            return stream.resign()
        self._on_gap(Gap(name, error.reason))
        epoch, seq = error.position.epoch, error.position.seq
        if epoch == stream.epoch and seq > stream.seq:
            self._keep(name, _Stream(epoch, seq, stream.ahead, more=True, held=stream.held))
            return []
        left = self._left_of(name)
        self._keep(name, _Stream(epoch, seq, more=True))
        return left

    def given_up(self, name: str) -> list[Notification]:
        """No answer came. What was held is delivered; the position stays."""
        stream = self._streams.get(name)
        return stream.resign() if stream else []

    def stands(self, name: str, position: Position) -> bool:
        """Whether a replay from there moved nothing, though there should be more."""
        return self.behind().get(name) == position

    def ask_again(self, name: str) -> None:
        """What was asked for in vain may be had by now."""
        if stream := self._streams.get(name):
            stream.ask_again()

    def _report(self, streams: Mapping[str, Resumed]) -> None:
        for name, resumed in streams.items():
            missed = name in self._given and not resumed.recovered
            if missed and resumed.reason not in NOT_OURS:
                self._on_gap(Gap(name, resumed.reason))

    def _told(self, streams: Mapping[str, Resumed]) -> list[Notification]:
        released: list[Notification] = []
        for name, resumed in streams.items():
            if resumed.reason == "too_many_topics":
                self._complete = False
            if resumed.position is not None:
                released += self._stand(name, resumed, resumed.position)
            elif resumed.reason in NOT_OURS or resumed.reason == "epoch_changed":
                released += self._left_of(name)
                self._streams.pop(name, None)
        return released

    def _stand(self, name: str, resumed: Resumed, position: Position) -> list[Notification]:
        stream = self._streams.get(name)
        anew = stream is None or stream.epoch != position.epoch
        left: list[Notification] = []
        if stream is None or anew or resumed.reason == "position_ahead":
            left = self._left_of(name)
            begin = position.seq if self._only_stands(name, resumed) else 0
            stream = self._keep(name, _Stream(position.epoch, begin))
        if self._only_stands(name, resumed):
            stream.stood_at(position.seq)
            return left
        return [*left, *stream.expect(position.seq, resumed.replayed, resumed.has_more)]

    def _left_of(self, name: str) -> list[Notification]:
        """What waits in a stream that is numbered anew: its hole will not be filled."""
        stream = self._streams.get(name)
        return stream.release() if stream else []

    def _only_stands(self, name: str, resumed: Resumed) -> bool:
        """Whether the server was given no position, and says no more than where the stream is."""
        if resumed.recovered:
            return False
        no_position = resumed.reason in ("", "no_position")
        return no_position or (resumed.reason == "too_many_topics" and name not in self._given)

    def _keep(self, name: str, stream: _Stream) -> _Stream:
        if name in self._streams or len(self._streams) < MAX_STREAMS:
            self._streams[name] = stream
        return stream
