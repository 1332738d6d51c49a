using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace DurableSessions.Server.Clients;

/// <summary>An answer whose <c>messages</c> are read one by one: no more than the largest is in memory.</summary>
internal sealed class StreamedAnswer(HttpResponseMessage response, Stream stream, TimeProvider time) : IDisposable
{
    /// <summary>The most bytes of one value: more than any server stores in a message.</summary>
    private const int MaxValueBytes = 64 * 1024 * 1024;

    // For which an answer may stand still.
    private static readonly TimeSpan s_longestRead = TimeSpan.FromSeconds(100);

    private readonly JsonPipe _pipe = new(stream, MaxValueBytes);
    private readonly Dictionary<string, JsonElement> _fields = [];
    private JsonReaderState _state = new(new JsonReaderOptions { MaxDepth = Json.MaxDepth });
    private Place _place = Place.Envelope;
    private bool _hasMessages;

    private enum Place
    {
        Envelope,
        Result,
        Messages,
        End,
    }

    /// <summary>A field of the result beside the messages; those behind the messages are known once all are read.</summary>
    public JsonElement? Find(string name) => _fields.TryGetValue(name, out JsonElement value) ? value : null;

    /// <summary>Bytes that were parsed, each as often as it was.</summary>
    public long Parsed => _pipe.Parsed;

    /// <summary>The messages, in order; once.</summary>
    /// <exception cref="ClientException">The answer broke off, or is no answer of this kind.</exception>
    public async IAsyncEnumerable<JsonElement> MessagesAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var found = new List<JsonElement>();
        while (_place != Place.End)
        {
            if (await ReadAsync(cancellationToken) is not { } read)
            {
                continue;
            }

            if (!_pipe.TryAdvance(read.Buffer, Parse(read.Buffer, read.IsCompleted, found)))
            {
                throw new ClientException($"The answer has a value of more than {MaxValueBytes} bytes.");
            }

            foreach (JsonElement message in found)
            {
                yield return message;
            }

            found.Clear();
            if (read.IsCompleted && _place != Place.End)
            {
                throw new ClientException("The answer broke off.");
            }
        }

        if (!_hasMessages)
        {
            throw new ClientException("The answer has no messages: this is no server of sessions.");
        }
    }

    public void Dispose()
    {
        _pipe.Dispose();
        response.Dispose();
    }

    private async Task<ReadResult?> ReadAsync(CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(s_longestRead, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await _pipe.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new ClientException($"The answer stood still for {s_longestRead.TotalSeconds} s.");
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            throw new ClientException($"The answer broke off: {e.Message}");
        }
    }

    private SequencePosition Parse(ReadOnlySequence<byte> buffer, bool isFinal, List<JsonElement> found)
    {
        var reader = new Utf8JsonReader(buffer, isFinal, _state);
        try
        {
            while (_place != Place.End && Step(ref reader, found))
            {
            }
        }
        catch (JsonException e)
        {
            throw new ClientException($"The answer is no JSON: {e.Message}");
        }

        _state = reader.CurrentState;
        return reader.Position;
    }

    // Takes the next token, or a whole value; false, and nothing is taken, where it has not arrived yet.
    private bool Step(ref Utf8JsonReader reader, List<JsonElement> found)
    {
        Utf8JsonReader next = reader;
        Place place = _place;
        if (!next.Read())
        {
            return false;
        }

        switch (next.TokenType)
        {
            case JsonTokenType.EndArray or JsonTokenType.EndObject:
                place = place switch { Place.Messages => Place.Result, Place.Result => Place.Envelope, _ => Place.End };
                break;
            case JsonTokenType.PropertyName when next.GetString() is { } name:
                if (!next.Read())
                {
                    return false;
                }

                if (name == "result" && place == Place.Envelope && next.TokenType == JsonTokenType.StartObject)
                {
                    place = Place.Result;
                }
                else if (name == "messages" && place == Place.Result && next.TokenType == JsonTokenType.StartArray)
                {
                    place = Place.Messages;
                }
                else if (!TryTake(ref next, out JsonElement value))
                {
                    return false;
                }
                else if (place == Place.Result)
                {
                    _fields[name] = value;
                }

                break;
            case JsonTokenType.StartObject when place == Place.Envelope:
                break;
            default:
                if (!TryTake(ref next, out JsonElement message))
                {
                    return false;
                }

                found.Add(message);
                break;
        }

        reader = next;
        _place = place;
        _hasMessages |= place == Place.Messages;
        return true;
    }

    private static bool TryTake(ref Utf8JsonReader reader, out JsonElement value)
    {
        bool isWhole = JsonDocument.TryParseValue(ref reader, out JsonDocument? document);
        using (document)
        {
            value = isWhole ? document!.RootElement.Clone() : default;
        }

        return isWhole;
    }
}
