using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace DurableSessions.Http.Envelope;

/// <summary>
/// A success, whose result may be large: sent while it is written. What can fail is done before; a failure in the middle cuts the
/// connection, so that nobody takes a part for the whole.
/// </summary>
/// <param name="writeResult">Writes one JSON value, offering to send it from time to time.</param>
internal sealed class StreamedEnvelopeResult(Func<StreamedJsonWriter, Task> writeResult) : IResult
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.ContentType = Wire.ContentType;
        await httpContext.Response.StartAsync(httpContext.RequestAborted);
        await using var writer = new Utf8JsonWriter(httpContext.Response.BodyWriter, Wire.WriterOptions);
        EnvelopeResult.WriteStart(writer);
        await writeResult(new StreamedJsonWriter(writer, httpContext));
        EnvelopeResult.WriteEnd(writer);
        await writer.FlushAsync(httpContext.RequestAborted);
    }
}

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
