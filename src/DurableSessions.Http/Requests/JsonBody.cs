using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using DurableSessions.Core.Identities;
using DurableSessions.Http.Errors;
using DurableSessions.Http.Limits;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace DurableSessions.Http.Requests;

/// <summary>A request's body, one JSON object, with its <c>Idempotency-Key</c>.</summary>
internal sealed class JsonBody : IDisposable
{
    /// <summary>The number of characters of a body that were replaced by U+FFFD; absent where none was.</summary>
    private const string ReplacedHeader = "X-Replaced-Characters";

    private const string KeyHeader = "Idempotency-Key";

    private readonly JsonDocument _document;
    private readonly BodyLease _lease;

    private JsonBody(JsonDocument document, BodyLease lease, IdempotencyKey? idempotencyKey)
    {
        _document = document;
        _lease = lease;
        IdempotencyKey = idempotencyKey;
        Root = new JsonField(document.RootElement, Location.Body).Object();
    }

    /// <summary>The object.</summary>
    public JsonField Root { get; }

    /// <summary>
    /// Identifies repetitions of this request: they have the same key, method, path and body, byte for byte without insignificant white
    /// space. The query does not count. <see langword="null"/> where the request has no key.
    /// </summary>
    public IdempotencyKey? IdempotencyKey { get; }

    /// <summary>Reads a required body.</summary>
    public static Task<JsonBody> ReadAsync(HttpContext http) => ReadAsync(http, isOptional: false, RequestJsonParser.Parse);

    /// <summary>Reads an optional body; an absent one is an empty object.</summary>
    public static Task<JsonBody> ReadOptionalAsync(HttpContext http) => ReadAsync(http, isOptional: true, RequestJsonParser.Parse);

    /// <summary>Reads a required body that holds messages: see <see cref="RequestJsonParser.ParseMessages"/>.</summary>
    public static Task<JsonBody> ReadMessagesAsync(HttpContext http) => ReadAsync(http, isOptional: false, RequestJsonParser.ParseMessages);

    /// <summary>Reads a body that is one JSON value of any kind, of at most <paramref name="maxBytes"/> bytes.</summary>
    public static async Task<JsonDocument> ReadValueAsync(HttpContext http, int maxBytes)
    {
        using BodyLease lease = BodyLease.Begin(http);
        Memory<byte> body = await BodyReader.ReadAsync(http, maxBytes, lease);
        CheckHeaders(http.Request);
        return Parse(http, body, RequestJsonParser.Parse);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _document.Dispose();
        _lease.Dispose();
    }

    private static JsonDocument Parse(HttpContext http, Memory<byte> body, Parser parser)
    {
        JsonDocument document = parser(body, out int replaced);
        if (replaced > 0)
        {
            http.Response.Headers[ReplacedHeader] = replaced.ToString(CultureInfo.InvariantCulture);
        }

        return document;
    }

    private static async Task<JsonBody> ReadAsync(HttpContext http, bool isOptional, Parser parser)
    {
        BodyLease lease = BodyLease.Begin(http);
        try
        {
            return await ReadAsync(http, isOptional, parser, lease);
        }
        catch
        {
            lease.Dispose();
            throw;
        }
    }

    private static async Task<JsonBody> ReadAsync(HttpContext http, bool isOptional, Parser parser, BodyLease lease)
    {
        string? key = ReadKey(http.Request);
        HttpLimits limits = http.RequestServices.GetRequiredService<IOptions<HttpLimits>>().Value;
        Memory<byte> body = await BodyReader.ReadAsync(http, limits.BodyBytes, lease);
        if (!body.IsEmpty)
        {
            CheckHeaders(http.Request);
        }
        else if (isOptional)
        {
            body = "{}"u8.ToArray();
        }
        else
        {
            throw ApiException.Invalid(Location.Body, "a JSON object is required.", "missing");
        }

        JsonDocument document = Parse(http, body, parser);
        try
        {
            return new JsonBody(document, lease, key is null ? null : new IdempotencyKey(key, Identity(http.Request, document)));
        }
        catch
        {
            document.Dispose();
            throw;
        }
    }

    private static byte[] Identity(HttpRequest request, JsonDocument document) =>
    [
        .. Encoding.UTF8.GetBytes($"{request.Method} {request.Path.Value}\n"),
        .. JsonMinifier.Minify(JsonMarshal.GetRawUtf8Value(document.RootElement)),
    ];

    private static string? ReadKey(HttpRequest request)
    {
        StringValues values = request.Headers[KeyHeader];
        if (values.Count == 0)
        {
            return null;
        }

        return values is [{ Length: >= 1 and <= IdempotencyKey.MaxLength } key] && key.All(static c => c is > ' ' and <= '~')
            ? key
            : throw ApiException.Invalid(
                Location.Header(KeyHeader), $"must be given once, as 1 to {IdempotencyKey.MaxLength} visible ASCII characters.");
    }

    private static void CheckHeaders(HttpRequest request)
    {
        bool isJson = MediaTypeHeaderValue.TryParse(request.ContentType, out MediaTypeHeaderValue? type)
            && type.Type.Equals("application", StringComparison.OrdinalIgnoreCase)
            && (type.SubType.Equals("json", StringComparison.OrdinalIgnoreCase)
                || type.Suffix.Equals("json", StringComparison.OrdinalIgnoreCase))
            && (!type.Charset.HasValue || type.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase)
                || type.Charset.Equals("\"utf-8\"", StringComparison.OrdinalIgnoreCase));
        if (!isJson)
        {
            throw ApiException.Invalid(Location.Header(HeaderNames.ContentType), "must be application/json, in UTF-8.");
        }

        if (request.Headers.ContentEncoding is { Count: > 0 } encoding
            && !encoding.ToString().Equals("identity", StringComparison.OrdinalIgnoreCase))
        {
            throw ApiException.Invalid(Location.Header(HeaderNames.ContentEncoding), "compressed bodies are not supported.");
        }
    }

    private delegate JsonDocument Parser(Memory<byte> body, out int replaced);
}
