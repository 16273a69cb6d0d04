"""What the OpenAI and Anthropic SDKs hand out, as events."""
