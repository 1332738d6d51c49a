using System.Buffers;
using System.Text.Json;
using DurableSessions.Http.Errors;
using Microsoft.AspNetCore.Http;

namespace DurableSessions.Http.Envelope;

/// <summary>A success response whose result is small: buffered, then sent with its length.</summary>
/// <param name="writeResult">Writes the result, one JSON value.</param>
internal sealed class EnvelopeResult(Action<Utf8JsonWriter> writeResult) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext) => SendAsync(httpContext, json =>
    {
        WriteStart(json);
        writeResult(json);
        WriteEnd(json);
    });

    /// <summary>The envelope up to its result.</summary>
    public static void WriteStart(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("status", "ok");
        json.WritePropertyName("result");
    }

    /// <summary>The envelope behind its result.</summary>
    public static void WriteEnd(Utf8JsonWriter json)
    {
        json.WriteNull("error");
        json.WriteNull("telemetry");
        json.WriteNull("profile");
        json.WriteEndObject();
    }

    /// <summary>Sends an error response.</summary>
    public static Task SendErrorAsync(HttpContext http, ApiError error)
    {
        http.Response.StatusCode = error.HttpStatus;
        if (error.RetryAfterSeconds is { } seconds)
        {
            http.Response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        if (error.HttpStatus == StatusCodes.Status401Unauthorized)
        {
            http.Response.Headers.WWWAuthenticate = "Bearer";
        }

        return SendAsync(http, json =>
        {
            json.WriteStartObject();
            json.WriteString("status", "error");
            json.WriteStartObject("error");
            json.WriteString("code", error.Code);
            json.WriteString("message", error.Message);
            json.WritePropertyName("details");
            (error.Details ?? []).WriteTo(json);
            json.WriteEndObject();
            json.WriteEndObject();
        });
    }

    /// <summary>Sends one JSON value without an envelope.</summary>
    public static async Task SendAsync(HttpContext http, Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        await using (var json = new Utf8JsonWriter(buffer, Wire.WriterOptions))
        {
            write(json);
        }

        http.Response.ContentType = Wire.ContentType;
        http.Response.ContentLength = buffer.WrittenCount;
        await http.Response.Body.WriteAsync(buffer.WrittenMemory, http.RequestAborted);
    }
}
