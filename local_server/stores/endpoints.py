"""Where SDKs find each service of a store, and whose time it tells."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Follows:
    """Which services tell the emulator's time; the others tell the machine's."""

    tables: bool = False
    queues: bool = False


@dataclass(frozen=True)
class Endpoints:
    """None is AWS's own address. The streams of DynamoDB are where its tables are."""

    dynamodb: str | None = None
    sqs: str | None = None
    ssm: str | None = None

    @classmethod
    def all_at(cls, url: str) -> "Endpoints":
        return cls(dynamodb=url, sqs=url, ssm=url)

    def variables(self) -> dict[str, str]:
        """What the SDKs read, docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html"""
        named = {
            "DYNAMODB": self.dynamodb,
            "DYNAMODB_STREAMS": self.dynamodb,
            "SQS": self.sqs,
            "SSM": self.ssm,
        }
        return {f"AWS_ENDPOINT_URL_{name}": url for name, url in named.items() if url is not None}
