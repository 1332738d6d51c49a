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
