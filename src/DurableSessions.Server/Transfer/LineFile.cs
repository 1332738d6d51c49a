using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text.Json;
using DurableSessions.Server.Clients;

namespace DurableSessions.Server.Transfer;

/// <summary>A file of JSON lines, read line by line: no more than the longest that a server takes is in memory.</summary>
internal static class LineFile
{
    private const int MaxLineBytes = 15 * 1024 * 1024;

    /// <summary>The lines that are JSON, each with its number; the report says which are not. Empty lines are none.</summary>
    public static async IAsyncEnumerable<(int Number, JsonElement Line)> ReadAsync(
        string path, TransferReport report, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using FileStream file = File.OpenRead(path);
        PipeReader pipe = PipeReader.Create(file, new StreamPipeReaderOptions(leaveOpen: true, bufferSize: 65_536));
        bool isTooLong = false;
        for (int number = 1; ;)
        {
            ReadResult read = await pipe.ReadAsync(cancellationToken);
            ReadOnlySequence<byte> buffer = read.Buffer;
            while (buffer.PositionOf((byte)'\n') is { } end)
            {
                ReadOnlySequence<byte> line = buffer.Slice(0, end);
                buffer = buffer.Slice(buffer.GetPosition(1, end));
                if (!isTooLong && Parse(line, path, number, report) is { } value)
                {
                    yield return (number, value);
                }

                isTooLong = false;
                number++;
            }

            if (read.IsCompleted)
            {
                if (!isTooLong && Parse(buffer, path, number, report) is { } value)
                {
                    yield return (number, value);
                }

                await pipe.CompleteAsync();
                yield break;
            }

            if (isTooLong || buffer.Length > MaxLineBytes)
            {
                if (!isTooLong)
                {
                    report.Problem(path, number, $"it is longer than {MaxLineBytes} bytes");
                    isTooLong = true;
                }

                buffer = buffer.Slice(buffer.End);
            }

            pipe.AdvanceTo(buffer.Start, buffer.End);
        }
    }

    private static JsonElement? Parse(ReadOnlySequence<byte> line, string path, int number, TransferReport report)
    {
        if (line.Length > MaxLineBytes)
        {
            report.Problem(path, number, $"it is longer than {MaxLineBytes} bytes");
            return null;
        }

        byte[] bytes = line.ToArray();
        if (bytes.AsSpan().Trim(" \r\t"u8).IsEmpty)
        {
            return null;
        }

        try
        {
            return JsonElement.Parse(bytes, new JsonDocumentOptions { MaxDepth = Json.MaxDepth });
        }
        catch (JsonException e)
        {
            report.Problem(path, number, $"it is no JSON: {e.Message}");
            return null;
        }
    }
}
