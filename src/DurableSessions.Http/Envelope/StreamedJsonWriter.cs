using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace DurableSessions.Http.Envelope;

/// <summary>Writes JSON to a response, and sends it in pieces of about 64 KiB.</summary>
internal sealed class StreamedJsonWriter(Utf8JsonWriter writer, HttpContext http)
{
    private const int SendAtBytes = 64 * 1024;

    private long _sent;

    public Utf8JsonWriter Writer => writer;

    /// <summary>Writes a stored message as it is, and sends the buffer where it is full.</summary>
    public async Task WriteMessageAsync(ReadOnlyMemory<byte> message)
    {
        writer.WriteRawValue(message.Span, skipInputValidation: true);
        if (writer.BytesCommitted + writer.BytesPending - _sent >= SendAtBytes)
        {
            await writer.FlushAsync(http.RequestAborted);
            await http.Response.BodyWriter.FlushAsync(http.RequestAborted);
            _sent = writer.BytesCommitted;
        }
    }
}
