"""One call of the official OpenAI client, unchanged, against a running fleet. argv: which."""

import sys

import openai

MODELS = ["gpt-oss-120b", "gpt-oss-20b", "gpt-oss-7b"]
MESSAGES = [{"role": "user", "content": "Hello"}]
client = openai.OpenAI(max_retries=0)


def models():
    assert sorted(model.id for model in client.models.list()) == MODELS


def chat():
    for model in MODELS:
        answer = client.chat.completions.create(model=model, messages=MESSAGES, max_tokens=8)
        assert answer.choices[0].message.content
        assert answer.usage.completion_tokens == 8


def stream():
    for model in MODELS:
        chunks = list(client.chat.completions.create(model=model, messages=MESSAGES, max_tokens=8, stream=True))
        assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
        assert chunks[-1].choices[0].finish_reason == "length"
        assert all(chunk.usage is None for chunk in chunks)
    asked = list(
        client.chat.completions.create(
            model=MODELS[0], messages=MESSAGES, max_tokens=8, stream=True, stream_options={"include_usage": True}
        )
    )
    assert asked[-1].usage.completion_tokens == 8


def completions():
    assert client.completions.create(model=MODELS[0], prompt="Hello", max_tokens=4).choices[0].text


def responses():
    answer = client.responses.create(model=MODELS[0], input="Hello", max_output_tokens=4)
    assert answer.output_text
    events = [event.type for event in client.responses.create(model=MODELS[0], input="Hello", stream=True)]
    assert events[0] == "response.created" and events[-1] == "response.completed", events


def wrong_key():
    try:
        openai.OpenAI(api_key="stranger", max_retries=0).models.list()
    except openai.AuthenticationError:
        return
    raise AssertionError("a stranger was let in")


globals()[sys.argv[1].replace("-", "_")]()
print("ok")
