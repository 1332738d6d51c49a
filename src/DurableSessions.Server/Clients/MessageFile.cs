using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using DurableSessions.Http.Limits;

namespace DurableSessions.Server.Clients;

/// <summary>
/// A file of messages: those of a JSON array, or one after the other. Little more than the largest is in memory. Errors name the file and
/// the line at which the value begins that they are of.
/// </summary>
/// <param name="file">The file, from its start; the caller disposes it.</param>
/// <param name="name">Its name, for errors.</param>
internal sealed class MessageFile(Stream file, string name)
{
    /// <summary>The most bytes of one message: no server takes a larger body.</summary>
    public const int MaxBytes = HttpLimits.MaxBodyBytes;

    private JsonReaderState _state = new(new JsonReaderOptions { MaxDepth = Json.MaxDepth, AllowMultipleValues = true });
    private long _line = 1;

    /// <summary>The messages, in order; once.</summary>
    /// <exception cref="ClientException">A value is no JSON, no message, or longer than <see cref="MaxBytes"/>.</exception>
    public async IAsyncEnumerable<JsonElement> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await SkipByteOrderMarkAsync(cancellationToken);
        using var pipe = new JsonPipe(file, MaxBytes);
        var found = new List<JsonElement>();
        for (bool isOver = false; !isOver;)
        {
            if (await pipe.ReadAsync(cancellationToken) is not { } read)
            {
                continue;
            }

            SequencePosition taken = Take(read.Buffer, read.IsCompleted, found);
            long line = LineOfNext(read.Buffer.Slice(taken));
            if (!pipe.TryAdvance(read.Buffer, taken))
            {
                throw TooLong(line);
            }

            foreach (JsonElement message in found)
            {
                yield return message;
            }

            found.Clear();
            isOver = read.IsCompleted;
        }
    }

    private async Task SkipByteOrderMarkAsync(CancellationToken cancellationToken)
    {
        byte[] first = new byte[Encoding.UTF8.Preamble.Length];
        int length = await file.ReadAtLeastAsync(first, first.Length, throwOnEndOfStream: false, cancellationToken);
        file.Position = Encoding.UTF8.Preamble.SequenceEqual(first.AsSpan(0, length)) ? length : 0;
    }

    // Takes the values that are whole, and says where the first begins that is not.
    private SequencePosition Take(ReadOnlySequence<byte> buffer, bool isFinal, List<JsonElement> found)
    {
        var reader = new Utf8JsonReader(buffer, isFinal, _state);
        try
        {
            while (TryTake(ref reader, buffer, found))
            {
            }
        }
        catch (JsonException e)
        {
            // Behind its text stands a place that counts from where the parsing began.
            string what = e.Message.Split(" LineNumber:")[0];
            throw Error(LineOfNext(buffer.Slice(reader.Position)), $"no JSON: {what}");
        }

        _state = reader.CurrentState;
        return reader.Position;
    }

    private bool TryTake(ref Utf8JsonReader reader, ReadOnlySequence<byte> buffer, List<JsonElement> found)
    {
        Utf8JsonReader next = reader;
        if (!next.Read())
        {
            return false;
        }

        bool isOfArray = next is { CurrentDepth: 0, TokenType: JsonTokenType.StartArray or JsonTokenType.EndArray };
        if (!isOfArray)
        {
            long start = next.TokenStartIndex;
            if (!JsonDocument.TryParseValue(ref next, out JsonDocument? value))
            {
                return false;
            }

            using (value)
            {
                long line = LineOfNext(buffer.Slice(reader.Position));
                found.Add(value!.RootElement.ValueKind != JsonValueKind.Object ? throw Error(line, "no message, which is a JSON object")
                    : next.BytesConsumed - start > MaxBytes ? throw TooLong(line)
                    : value.RootElement.Clone());
            }
        }

        _line += Lines(buffer.Slice(reader.Position, next.Position));
        reader = next;
        return true;
    }

    private long LineOfNext(ReadOnlySequence<byte> rest)
    {
        var reader = new SequenceReader<byte>(rest);
        reader.AdvancePastAny(" \r\n\t,"u8);
        return _line + Lines(rest.Slice(0, reader.Position));
    }

    private static long Lines(ReadOnlySequence<byte> bytes)
    {
        long lines = 0;
        foreach (ReadOnlyMemory<byte> part in bytes)
        {
            lines += part.Span.Count((byte)'\n');
        }

        return lines;
    }

    private ClientException TooLong(long line) => Error(line, $"a message of more than {MaxBytes} bytes, which no server takes");

    private ClientException Error(long line, string what) => new($"{name}, line {line}: {what}");
}
