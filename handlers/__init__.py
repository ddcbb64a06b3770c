"""One file a Lambda function: the event comes in, one call is made, the answer goes out."""
