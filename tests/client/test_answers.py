from client.answers import Broadcasted, Login, Sent, Stats, User


def test_an_answer_keeps_every_word() -> None:
    body = {"status": "stored", "results": [], "scheduled_for": "tomorrow"}

    assert Sent.read(body).body == body


def test_a_receipt_may_have_no_place_in_a_stream() -> None:
    sent = Sent.read({"results": [{"user_id": "alice", "seq": None, "connections": 1}, "odd"]})

    (receipt,) = sent.results
    assert (receipt.user_id, receipt.seq, receipt.connections) == ("alice", None, 1)


def test_the_token_stays_out_of_the_repr() -> None:
    login = Login.read({"access_token": "s3cret", "user": {"user_id": "alice"}})

    assert (login.access_token, login.user.user_id) == ("s3cret", "alice")
    assert "s3cret" not in repr(login)


def test_a_broadcast_that_reached_nobody_is_not_an_estimate() -> None:
    done = Broadcasted.read({"recipients": 0, "delivered": 0})

    assert (done.recipients, done.broadcast_id, done.dry_run) == (0, None, False)


def test_answers_that_say_little_are_read_all_the_same() -> None:
    assert User.read({}).roles == ()
    assert Stats.read({"counters": {"sent": "odd"}}).counters == {"sent": 0}
