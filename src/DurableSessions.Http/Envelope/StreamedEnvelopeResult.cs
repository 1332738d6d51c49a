using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace DurableSessions.Http.Envelope;

/// <summary>
/// A success response whose result may be large: sent while it is written. What can fail is done before; a failure after the first byte
/// aborts the connection, so that a client cannot read a part as the whole.
/// </summary>
/// <param name="writeResult">Writes the result, one JSON value; message by message it sends what is buffered.</param>
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
