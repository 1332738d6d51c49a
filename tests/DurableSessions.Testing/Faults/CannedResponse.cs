using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Azure;
using Azure.Core;

namespace DurableSessions.Testing;

/// <summary>An answer that storage never gave.</summary>
internal sealed class CannedResponse : Response
{
    private readonly Dictionary<string, string> _headers = new(StringComparer.OrdinalIgnoreCase);

    public CannedResponse(int status, string errorCode, TimeSpan? retryAfter, string clientRequestId)
    {
        Status = status;
        ClientRequestId = clientRequestId;
        _headers["x-ms-error-code"] = errorCode;
        _headers["Content-Length"] = "0";
        if (retryAfter is { } wait)
        {
            _headers["Retry-After"] = ((int)wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        }
    }

    public override int Status { get; }

    public override string ReasonPhrase => "Injected";

    public override Stream? ContentStream { get; set; } = Stream.Null;

    public override string ClientRequestId { get; set; }

    public override void Dispose()
    {
    }

    protected override bool ContainsHeader(string name) => _headers.ContainsKey(name);

    protected override IEnumerable<HttpHeader> EnumerateHeaders() => _headers.Select(header => new HttpHeader(header.Key, header.Value));

    protected override bool TryGetHeader(string name, [NotNullWhen(true)] out string? value) => _headers.TryGetValue(name, out value);

    protected override bool TryGetHeaderValues(string name, [NotNullWhen(true)] out IEnumerable<string>? values)
    {
        values = _headers.TryGetValue(name, out string? value) ? [value] : null;
        return values is not null;
    }
}
