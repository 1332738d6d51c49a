using Azure.Core;

namespace DurableSessions.Testing;

/// <summary>A request as it arrives: read to its end, its body a copy.</summary>
internal sealed class SimulatedRequest
{
    /// <summary>More than the product sends at once.</summary>
    private const int MaxBodyBytes = 64 * 1024 * 1024;

    private const string MetadataPrefix = "x-ms-meta-";

    private readonly StorageRequest _request;
    private readonly Dictionary<string, string> _query;
    private readonly Dictionary<string, string> _headers;

    private SimulatedRequest(StorageRequest request, Dictionary<string, string> query, Dictionary<string, string> headers, byte[] body)
    {
        _request = request;
        _query = query;
        _headers = headers;
        Body = body;
    }

    public string Method => _request.Method;

    public string Container => _request.Container;

    /// <summary>Empty for a request to the container.</summary>
    public string Blob => _request.Blob;

    public string Comp => _request.Comp;

    public byte[] Body { get; }

    public Dictionary<string, string>.KeyCollection HeaderNames => _headers.Keys;

    public Dictionary<string, string>.KeyCollection QueryNames => _query.Keys;

    /// <summary>The metadata that the request sets; names keep their case.</summary>
    public Dictionary<string, string> Metadata => _headers
        .Where(static h => h.Key.StartsWith(MetadataPrefix, StringComparison.OrdinalIgnoreCase))
        .ToDictionary(static h => h.Key[MetadataPrefix.Length..], static h => h.Value, StringComparer.OrdinalIgnoreCase);

    /// <summary>What the blob is to have.</summary>
    public string? BlobContentType => Header("x-ms-blob-content-type");

    /// <summary>What the request's body has.</summary>
    public string? ContentType => Header("Content-Type");

    public static SimulatedRequest From(HttpMessage message)
    {
        Request request = message.Request;
        using var body = new MemoryStream();
        request.Content?.WriteTo(body, message.CancellationToken);
        if (body.Length > MaxBodyBytes)
        {
            throw new InvalidOperationException($"A body of {body.Length} bytes is more than the simulated storage takes.");
        }

        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (HttpHeader header in request.Headers)
        {
            headers[header.Name] = header.Value;
        }

        var query = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string pair in request.Uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = pair.Split('=', 2);
            query[parts[0]] = Uri.UnescapeDataString(parts[^1]);
        }

        return new SimulatedRequest(StorageRequest.From(message, 0), query, headers, body.ToArray());
    }

    public static bool IsMetadata(string header) => header.StartsWith(MetadataPrefix, StringComparison.OrdinalIgnoreCase);

    public string? Header(string name) => _headers.GetValueOrDefault(name);

    public string? Query(string name) => _query.GetValueOrDefault(name);

    /// <summary>Method, blob and kind: for traces.</summary>
    public string Short() => _request.ToString()[(_request.ToString().IndexOf(' ', StringComparison.Ordinal) + 1)..];

    public string Describe()
    {
        string query = string.Join('&', _query.Select(static q => $"{q.Key}={q.Value}"));
        return $"{Method} {Container}/{Blob}?{query} with {string.Join(", ", HeaderNames)}";
    }
}
