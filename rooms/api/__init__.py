"""The JSON API: the same payloads, codes and schemas as the socket's."""
