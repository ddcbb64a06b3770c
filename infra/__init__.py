"""Everything that knows AWS: the ports of notify in DynamoDB, SQS, SSM and @connections."""
