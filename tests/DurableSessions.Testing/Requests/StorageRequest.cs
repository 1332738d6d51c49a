using System.Globalization;
using Azure.Core;

namespace DurableSessions.Testing;

/// <summary>One request to storage, as it goes out: a retry is another one.</summary>
public sealed class StorageRequest
{
    private StorageRequest(int number, string method, string container, string blob, string comp, string prefix, bool isConditional)
    {
        Number = number;
        Method = method;
        Container = container;
        Blob = blob;
        Comp = comp;
        Prefix = prefix;
        IsConditional = isConditional;
    }

    /// <summary>Counted from 1 in the order in which requests were sent.</summary>
    public int Number { get; }

    /// <summary>PUT, GET, HEAD, DELETE.</summary>
    public string Method { get; }

    public string Container { get; }

    /// <summary>The blob's name, decoded; empty for a request to the container.</summary>
    public string Blob { get; }

    /// <summary>The query's <c>comp</c>: appendblock, seal, list, metadata, block, blocklist; empty for a plain read or write.</summary>
    public string Comp { get; }

    /// <summary>The query's <c>prefix</c> of a listing, decoded.</summary>
    public string Prefix { get; }

    /// <summary>The answer's status; 0 when there was no answer, null until there is one.</summary>
    public int? Status { get; internal set; }

    /// <summary>The answer's <c>x-ms-error-code</c>.</summary>
    public string? ErrorCode { get; internal set; }

    /// <summary>Whether the request could change something.</summary>
    public bool IsWrite => Method is "PUT" or "DELETE";

    /// <summary>Whether it has a condition: storage carries it out only as long as that holds.</summary>
    public bool IsConditional { get; }

    /// <summary>Whether the request is of this kind, for a blob (or a listing) whose name begins so.</summary>
    /// <param name="method">PUT, GET, HEAD, DELETE.</param>
    /// <param name="prefix">What the blob's name begins with.</param>
    /// <param name="comp">The query's <c>comp</c>; any, where null.</param>
    public bool Is(string method, string prefix, string? comp = null) =>
        Method == method
        && (Blob.Length > 0 ? Blob : Prefix).StartsWith(prefix, StringComparison.Ordinal)
        && (comp is null || Comp == comp);

    public override string ToString()
    {
        string comp = Comp.Length > 0 ? $"?comp={Comp}" : "";
        string prefix = Prefix.Length > 0 ? $"&prefix={Prefix}" : "";
        string answer = Status is { } status ? string.Create(CultureInfo.InvariantCulture, $" -> {status} {ErrorCode}") : "";
        return string.Create(CultureInfo.InvariantCulture, $"#{Number} {Method} {Blob}{comp}{prefix}{answer}");
    }

    /// <summary>A request that a client sends: taken apart once, however many look at it on its way.</summary>
    internal static StorageRequest From(HttpMessage message, int number)
    {
        if (message.TryGetProperty(typeof(StorageRequest), out object? known) && known is StorageRequest request)
        {
            return request.WithNumber(number);
        }

        request = From(message.Request, number);
        message.SetProperty(typeof(StorageRequest), request);
        return request;
    }

    internal static StorageRequest From(Request request, int number)
    {
        string path = request.Uri.Path.TrimStart('/');
        string query = request.Uri.Query;

        // The emulator's addresses begin with the account, those of Azure do not.
        string host = request.Uri.Host ?? "";
        if (host == "localhost" || Uri.CheckHostName(host) is UriHostNameType.IPv4 or UriHostNameType.IPv6)
        {
            path = path[(path.IndexOf('/', StringComparison.Ordinal) + 1)..];
        }

        int slash = path.IndexOf('/', StringComparison.Ordinal);
        string container = slash < 0 ? path : path[..slash];
        string blob = slash < 0 ? "" : Uri.UnescapeDataString(path[(slash + 1)..]);
        bool isConditional = request.Headers.Any(static h =>
            h.Name.StartsWith("If-", StringComparison.OrdinalIgnoreCase)
            || h.Name.StartsWith("x-ms-blob-condition-", StringComparison.OrdinalIgnoreCase));
        return new StorageRequest(
            number, request.Method.Method, container, blob,
            Query(query, "comp"), Query(query, "prefix"), isConditional);
    }

    private StorageRequest WithNumber(int number) => new(number, Method, Container, Blob, Comp, Prefix, IsConditional);

    private static string Query(string query, string name)
    {
        ReadOnlySpan<char> pairs = query.AsSpan().TrimStart('?');
        foreach (Range range in pairs.Split('&'))
        {
            ReadOnlySpan<char> pair = pairs[range];
            if (pair.Length > name.Length && pair[name.Length] == '=' && pair.StartsWith(name, StringComparison.Ordinal))
            {
                return Uri.UnescapeDataString(pair[(name.Length + 1)..]);
            }
        }

        return "";
    }
}
