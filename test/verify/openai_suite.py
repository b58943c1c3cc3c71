"""One promise of the official OpenAI client, unchanged, against a gateway. argv: which, model."""

import json
import sys

import openai

name, model = sys.argv[1:]
client = openai.OpenAI(max_retries=0)
CITY = {"name": "Zürich", "inhabitants": 440000}


def ask(content):
    return [{"role": "user", "content": content}]


def tool(called):
    schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    return {"type": "function", "function": {"name": called, "parameters": schema}}


TOOLS = [tool("weather"), tool("time")]


def chat():
    answer = client.chat.completions.create(model=model, messages=ask("think"))
    assert answer.choices[0].message.content == "Four 🎉.", answer
    assert answer.choices[0].message.reasoning == "Let me see.", answer


def stream():
    chunks = list(client.chat.completions.create(model=model, messages=ask("think"), stream=True))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == "Four 🎉.", chunks
    assert all(chunk.usage is None for chunk in chunks)
    options = {"include_usage": True}
    asked = list(
        client.chat.completions.create(model=model, messages=ask("think"), stream=True, stream_options=options)
    )
    assert asked[-1].usage.completion_tokens > 0


def tools():
    first = client.chat.completions.create(model=model, messages=ask("weather?"), tools=TOOLS).choices[0]
    assert first.finish_reason == "tool_calls"
    [call] = first.message.tool_calls
    assert (call.function.name, call.function.arguments) == ("weather", '{"city":"Paris"}')
    result = {"role": "tool", "tool_call_id": call.id, "content": "sun"}
    messages = [*ask("weather?"), first.message, result]
    second = client.chat.completions.create(model=model, messages=messages, tools=TOOLS)
    assert second.choices[0].message.content == "It is sunny."


def parallel_tools():
    with client.chat.completions.stream(model=model, messages=ask("weather and time"), tools=TOOLS) as events:
        message = events.get_final_completion().choices[0].message
    calls = [(call.function.name, json.loads(call.function.arguments)) for call in message.tool_calls]
    assert calls == [("weather", {"city": "Zürich"}), ("time", {"city": "東京"})], calls


def structured():
    schema = {
        "type": "object",
        "properties": {"name": {"type": "string"}, "inhabitants": {"type": "integer"}},
        "required": ["name", "inhabitants"],
        "additionalProperties": False,
    }
    wanted = {"type": "json_schema", "json_schema": {"name": "city", "strict": True, "schema": schema}}
    answer = client.chat.completions.create(model=model, messages=ask("a city as JSON"), response_format=wanted)
    assert json.loads(answer.choices[0].message.content) == CITY


def responses():
    assert json.loads(client.responses.create(model=model, input="as JSON").output_text) == CITY
    events = list(client.responses.create(model=model, input="as JSON", stream=True))
    assert events[0].type == "response.created" and events[-1].type == "response.completed", events
    text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    assert json.loads(text) == CITY


def errors():
    for raised, call in (
        (openai.AuthenticationError, lambda: openai.OpenAI(api_key="stranger").models.list()),
        (openai.NotFoundError, lambda: client.chat.completions.create(model="gpt-4", messages=ask("hi"))),
        (
            openai.BadRequestError,
            lambda: client.chat.completions.create(model=model, messages=ask("hi"), max_tokens=-1),
        ),
    ):
        try:
            call()
        except raised as error:
            assert error.request_id, error
        else:
            raise AssertionError(f"no {raised.__name__}")


def not_repeated():
    """The server's own 500: it may have been generated."""
    try:
        openai.OpenAI(max_retries=2).chat.completions.create(model=model, messages=ask("FAIL"))
    except openai.InternalServerError:
        return
    raise AssertionError("no error")


def cut():
    seen = 0
    try:
        for _ in openai.OpenAI(max_retries=2).chat.completions.create(
            model=model, messages=ask("CUT"), stream=True
        ):
            seen += 1
    except openai.APIError:
        assert seen > 0
        return
    raise AssertionError("a cut stream looked complete")


def retried():
    answer = openai.OpenAI(max_retries=5).chat.completions.create(model=model, messages=ask("hi"), max_tokens=1)
    assert answer.usage.completion_tokens == 1


def abort():
    answer = client.chat.completions.create(model=model, messages=ask("hello"), stream=True)
    for chunk in answer:
        if chunk.choices[0].delta.content:
            break
    answer.close()


globals()[name]()
print("ok")
