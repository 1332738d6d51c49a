using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Azure;
using Azure.Core;

namespace DurableSessions.Testing;

/// <summary>An answer of the simulated storage, as a client gets it.</summary>
internal sealed class SimulatedResponse : Response
{
    private readonly Dictionary<string, string> _headers;

    public SimulatedResponse(SimulatedAnswer answer, string clientRequestId)
    {
        Status = answer.Status;
        ClientRequestId = clientRequestId;
        _headers = answer.Headers;
        _headers["x-ms-client-request-id"] = clientRequestId;
        _headers.TryAdd("Content-Length", answer.Body.Length.ToString(System.Globalization.CultureInfo.InvariantCulture));
        ContentStream = MemoryMarshal.TryGetArray(answer.Body, out ArraySegment<byte> bytes)
            ? new MemoryStream(bytes.Array!, bytes.Offset, bytes.Count, writable: false)
            : Stream.Null;
    }

    public override int Status { get; }

    public override string ReasonPhrase => "Simulated";

    public override Stream? ContentStream { get; set; }

    public override string ClientRequestId { get; set; }

    public override void Dispose() => ContentStream?.Dispose();

    protected override bool ContainsHeader(string name) => _headers.ContainsKey(name);

    protected override IEnumerable<HttpHeader> EnumerateHeaders() => _headers.Select(header => new HttpHeader(header.Key, header.Value));

    protected override bool TryGetHeader(string name, [NotNullWhen(true)] out string? value) => _headers.TryGetValue(name, out value);

    protected override bool TryGetHeaderValues(string name, [NotNullWhen(true)] out IEnumerable<string>? values)
    {
        values = _headers.TryGetValue(name, out string? value) ? [value] : null;
        return values is not null;
    }
}
