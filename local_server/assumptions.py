"""What nobody has seen API Gateway do: a choice for each, and the way to choose otherwise."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Assumptions:
    """`custom.localServer.assume` in serverless.yml. Each default is the likelier answer."""

    # A plain GET of the WebSocket API's address.
    plain_get_status: int = 426
    # Whether $connect's own body comes with its refusal. Browsers show neither.
    refusal_has_body: bool = False
    # Whether a client's offer of permessage-deflate is taken.
    compression: bool = False
    # Whether a ping puts off the ten idle minutes, as a message does.
    ping_resets_idle: bool = False
    # What the event of an empty text message holds.
    empty_body: Literal["text", "absent"] = "text"
    # The frame in which a payload goes out that is no UTF-8.
    binary_post: Literal["binary", "text"] = "binary"
    # Whether a post above 32 KB goes out in several frames or in one.
    post_is_split: bool = True
    # Whether a throttled message is answered with a frame or lost in silence.
    throttled_frame: bool = True
    # The reasons that $disconnect and the client hear with 1001.
    idle_reason: str = "Going away"
    lifetime_reason: str = "Going away"
    # DELETE of @connections: 204 in the SDKs' models, 200 as recorded in 2019.
    delete_status: int = 204
