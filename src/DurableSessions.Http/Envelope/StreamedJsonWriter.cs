using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace DurableSessions.Http.Envelope;

/// <summary>JSON that is sent while it is written.</summary>
internal sealed class StreamedJsonWriter(Utf8JsonWriter writer, HttpContext http)
{
    private const int SendAtBytes = 64 * 1024;

    private long _sent;

    public Utf8JsonWriter Writer => writer;

    /// <summary>Writes a stored message as it is, and sends what has come together.</summary>
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
