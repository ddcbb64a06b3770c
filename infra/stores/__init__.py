"""The stores of notify.ports in DynamoDB, one noun a module."""
