using System.Text.Json;
using DurableSessions.Http.Limits;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace DurableSessions.Http.Envelope;

/// <summary>
/// A success response whose result may be large: sent while it is written. What can fail is done before; a failure after the first byte
/// aborts the connection, so that a client cannot read a part as the whole. So does a client that has not taken all of it within
/// <see cref="HttpLimits.AnswerSeconds"/>.
/// </summary>
/// <remarks>
/// The server's lowest data rate alone is no bound: what the network has buffered counts as taken quickly, and gives the client hours for
/// the rest.
/// </remarks>
/// <param name="writeResult">Writes the result, one JSON value; message by message it sends what is buffered.</param>
internal sealed class StreamedEnvelopeResult(Func<StreamedJsonWriter, Task> writeResult) : IResult
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        int seconds = httpContext.RequestServices.GetRequiredService<IOptions<HttpLimits>>().Value.AnswerSeconds;
        TimeProvider time = httpContext.RequestServices.GetRequiredService<TimeProvider>();
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(seconds), time);
        using CancellationTokenRegistration abort = deadline.Token.Register(httpContext.Abort);
        httpContext.Response.ContentType = Wire.ContentType;
        await httpContext.Response.StartAsync(httpContext.RequestAborted);
        await using var writer = new Utf8JsonWriter(httpContext.Response.BodyWriter, Wire.WriterOptions);
        EnvelopeResult.WriteStart(writer);
        await writeResult(new StreamedJsonWriter(writer, httpContext));
        EnvelopeResult.WriteEnd(writer);
        await writer.FlushAsync(httpContext.RequestAborted);
        await httpContext.Response.BodyWriter.FlushAsync(httpContext.RequestAborted);
    }
}
