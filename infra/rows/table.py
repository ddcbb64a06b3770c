"""A class for each table: its attributes, and what is done to its rows; PynamoDB's Model."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, ClassVar, Self

from infra.rows import errors
from infra.rows.attributes import Attribute
from infra.rows.batches import BatchWrite, Item, read_each
from infra.rows.database import Database, database
from infra.rows.expressions import Action, Condition, Placeholders, update_expression


class Table:
    """A row of one. Its `Meta` says the table's name and region, which are read at each call."""

    Meta: ClassVar[Any]
    DoesNotExist: ClassVar[type[errors.DoesNotExist]] = errors.DoesNotExist
    _attributes: ClassVar[Mapping[str, Attribute[Any]]]
    _keys: ClassVar[tuple[Attribute[Any], ...]]

    def __init_subclass__(cls) -> None:
        cls._attributes = {
            name: each for name, each in vars(cls).items() if isinstance(each, Attribute)
        }
        if taken := cls._attributes.keys() & vars(Table).keys():
            raise TypeError(f"a row has something else of that name: {', '.join(taken)}")
        keys = [each for each in cls._attributes.values() if each.is_hash_key or each.is_range_key]
        cls._keys = tuple(sorted(keys, key=lambda each: each.is_range_key))
        cls.DoesNotExist = type("DoesNotExist", (errors.DoesNotExist,), {})

    def __init__(self, *key: Any, **attributes: Any) -> None:
        self.attribute_values: dict[str, Any] = {}
        self._set_defaults()
        for attribute, value in zip(self._keys, key, strict=False):
            attribute.__set__(self, value)
        for name, value in attributes.items():
            self._attributes[name].__set__(self, value)

    @classmethod
    def get_attributes(cls) -> Mapping[str, Attribute[Any]]:
        return cls._attributes

    # Reading

    @classmethod
    def get(cls, *key: Any, consistent_read: bool = False) -> Self:
        """Raises: DoesNotExist."""
        return cls.from_raw_data(cls._item(cls(*key).serialized_key(), consistent_read))

    def refresh(self, consistent_read: bool = False) -> None:
        """Raises: DoesNotExist."""
        self.deserialize(self._item(self.serialized_key(), consistent_read))

    @classmethod
    def query(
        cls,
        hash_key: Any,
        range_key_condition: Condition | None = None,
        *,
        consistent_read: bool = False,
        scan_index_forward: bool | None = None,
        limit: int | None = None,
        page_size: int | None = None,
    ) -> Iterator[Self]:
        """The rows of one hash key in the order of the other; pages are read as they are needed."""
        condition = cls._keys[0] == hash_key
        if range_key_condition is not None:
            condition &= range_key_condition
        placeholders = Placeholders()
        request = cls._request(KeyConditionExpression=condition.write(placeholders))
        request |= placeholders.parameters()
        if consistent_read:
            request["ConsistentRead"] = True
        if scan_index_forward is not None:
            request["ScanIndexForward"] = scan_index_forward
        if (page := limit if page_size is None else page_size) is not None:
            request["Limit"] = page
        return islice(map(cls.from_raw_data, cls._pages(request)), limit)

    @classmethod
    def batch_get(cls, items: Iterable[Any], consistent_read: bool | None = None) -> Iterator[Self]:
        """Those of them that exist, in any order. An item is a key, or a pair of keys."""
        keys = dict.fromkeys(items)
        written = (cls(*(key if len(cls._keys) > 1 else (key,))).serialized_key() for key in keys)
        name = cls.Meta.table_name
        found = read_each(cls._database(), name, written, consistent=bool(consistent_read))
        return map(cls.from_raw_data, found)

    # Writing

    def save(self, condition: Condition | None = None) -> None:
        self._database().ask("PutItem", self.put_request(condition))

    def update(self, actions: list[Action], condition: Condition | None = None) -> None:
        """Afterwards the row is what the table has."""
        request = self.update_request(actions, condition) | {"ReturnValues": "ALL_NEW"}
        self.deserialize(self._database().ask("UpdateItem", request)["Attributes"])

    def delete(self, condition: Condition | None = None) -> None:
        self._database().ask("DeleteItem", self.delete_request(condition))

    @classmethod
    def delete_returning(cls, *key: Any) -> Item | None:
        """What was deleted, to the one caller that really did."""
        request = cls(*key).delete_request() | {"ReturnValues": "ALL_OLD"}
        deleted: Item | None = cls._database().ask("DeleteItem", request).get("Attributes")
        return deleted or None

    @classmethod
    def batch_write(cls) -> BatchWrite:
        return BatchWrite(cls._database(), cls.Meta.table_name)

    # Requests

    def put_request(self, condition: Condition | None = None) -> dict[str, Any]:
        return self._request(condition, Item=self.serialize())

    def update_request(
        self, actions: Iterable[Action], condition: Condition | None = None
    ) -> dict[str, Any]:
        return self._request(condition, actions, Key=self.serialized_key())

    def delete_request(self, condition: Condition | None = None) -> dict[str, Any]:
        return self._request(condition, Key=self.serialized_key())

    @classmethod
    def _request(
        cls,
        condition: Condition | None = None,
        actions: Iterable[Action] | None = None,
        **parameters: Any,
    ) -> dict[str, Any]:
        placeholders = Placeholders()
        request = {"TableName": cls.Meta.table_name, **parameters}
        if condition is not None:
            request["ConditionExpression"] = condition.write(placeholders)
        if actions is not None:
            request["UpdateExpression"] = update_expression(actions, placeholders)
        return request | placeholders.parameters()

    @classmethod
    def _item(cls, key: Item, consistent_read: bool) -> Item:
        request = cls._request(Key=key, ConsistentRead=consistent_read)
        item: Item | None = cls._database().ask("GetItem", request).get("Item")
        if not item:
            raise cls.DoesNotExist
        return item

    @classmethod
    def _pages(cls, request: dict[str, Any]) -> Iterator[Item]:
        """A page ends at its limit, or where a megabyte is full."""
        while True:
            answer = cls._database().ask("Query", request)
            yield from answer["Items"]
            if (last := answer.get("LastEvaluatedKey")) is None:
                return
            request["ExclusiveStartKey"] = last

    @classmethod
    def _database(cls) -> Database:
        return database(cls.Meta.region)

    # A row and its item

    def serialized_key(self) -> Item:
        values = self.attribute_values
        return {each.attr_name: each.encode(values.get(each.attr_name)) for each in self._keys}

    def serialize(self) -> Item:
        """Raises: ValueError where something is missing that must not be."""
        item: Item = {}
        for name, attribute in self._attributes.items():
            value = self.attribute_values.get(name)
            written = None if value is None else attribute.serialize(value)
            if written is not None:
                item[name] = {attribute.attr_type: written}
            elif not attribute.null:
                raise ValueError(f"{type(self).__name__}.{name} is missing")
        return item

    @classmethod
    def from_raw_data(cls, data: Item) -> Self:
        row = cls.__new__(cls)
        row.deserialize(data)
        return row

    def deserialize(self, item: Item) -> None:
        self.attribute_values = {}
        self._set_defaults()
        for name, attribute in self._attributes.items():
            written = item.get(name)
            if written and "NULL" not in written:
                value = attribute.deserialize(written[attribute.attr_type])
                attribute.__set__(self, value)

    def _set_defaults(self) -> None:
        for attribute in self._attributes.values():
            if (value := attribute.default()) is not None:
                attribute.__set__(self, value)
