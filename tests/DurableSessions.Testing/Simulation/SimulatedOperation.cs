namespace DurableSessions.Testing;

/// <summary>One kind of request.</summary>
/// <param name="Method">PUT, GET, HEAD, DELETE.</param>
/// <param name="Comp">The query's <c>comp</c>.</param>
/// <param name="IsOfBlob">Whether it is sent to a blob, or else to a container.</param>
/// <param name="BlobType">The <c>x-ms-blob-type</c>, where it decides.</param>
/// <param name="Knows">The headers and query parameters that it takes, beside those of every request.</param>
/// <param name="Answer">Carries it out.</param>
internal sealed record SimulatedOperation(
    string Method,
    string Comp,
    bool IsOfBlob,
    string? BlobType,
    string[] Knows,
    Func<SimulatedAccount, SimulatedRequest, SimulatedAnswer> Answer)
{
    private const string Metadata = "x-ms-meta-";

    /// <summary>Of a blob, by Azure Storage's "Naming and Referencing Containers, Blobs, and Metadata".</summary>
    private const int MaxNameLength = 1_024;

    /// <summary>Of a blob's name, by the same page.</summary>
    private const int MaxSegments = 254;

    private static readonly string[] s_conditions = ["If-Match", "If-None-Match"];

    /// <summary>What the SDK adds to every request; none of it changes an answer.</summary>
    private static readonly HashSet<string> s_always = new(StringComparer.OrdinalIgnoreCase)
    {
        "Accept", "Authorization", "Content-Length", "Content-Type", "Expect", "User-Agent", "traceparent", "tracestate",
        "x-ms-client-request-id", "x-ms-date", "x-ms-return-client-request-id", "x-ms-version", "comp", "restype",
    };

    private readonly HashSet<string> _known = new([.. s_always, .. Knows], StringComparer.OrdinalIgnoreCase);

    private static readonly SimulatedOperation[] s_all =
    [
        new("PUT", "", false, null, [Metadata], ContainerRequests.Create),
        new("GET", "", false, null, [], ContainerRequests.Properties),
        new("HEAD", "", false, null, [], ContainerRequests.Properties),
        new("DELETE", "", false, null, [], ContainerRequests.Delete),
        new("PUT", "metadata", false, null, [Metadata], ContainerRequests.SetMetadata),
        new("GET", "list", false, null, ["prefix", "marker", "maxresults", "include"], Listing.Answer),
        new("PUT", "", true, "BlockBlob", [.. s_conditions, "x-ms-blob-type", "x-ms-blob-content-type", Metadata], BlobRequests.Put),
        new("GET", "", true, null, [.. s_conditions, "x-ms-range"], BlobRequests.Get),
        new("HEAD", "", true, null, s_conditions, BlobRequests.Properties),
        new("DELETE", "", true, null, s_conditions, BlobRequests.Delete),
        new("PUT", "metadata", true, null, [.. s_conditions, Metadata], BlobRequests.SetMetadata),
        new("PUT", "block", true, null, ["blockid"], BlockRequests.Stage),
        new("PUT", "blocklist", true, null, [.. s_conditions, "x-ms-blob-content-type", Metadata], BlockRequests.Commit),
        new("PUT", "", true, "AppendBlob", [.. s_conditions, "x-ms-blob-type", "x-ms-blob-content-type", Metadata], AppendRequests.Create),
        new("PUT", "appendblock", true, null, [.. s_conditions, AppendRequests.Position], AppendRequests.Append),
        new("PUT", "seal", true, null, [.. s_conditions, AppendRequests.Position], AppendRequests.Seal),
    ];

    /// <exception cref="UnknownRequestException">It is of no kind that is simulated, or has a header or parameter that is not.</exception>
    public static SimulatedOperation Of(SimulatedRequest request)
    {
        SimulatedOperation operation = Array.Find(s_all, o => o.Takes(request))
            ?? throw new UnknownRequestException(request, "the request");
        operation.CheckKnown(request, request.HeaderNames);
        operation.CheckKnown(request, request.QueryNames);
        CheckTaken(request);
        return operation;
    }

    // What storage, or the client's HTTP stack before it, refuses: no client of ours sends it, whatever it was asked for.
    private static void CheckTaken(SimulatedRequest request)
    {
        if (request.Blob.Length > MaxNameLength || request.Blob.AsSpan().Count('/') >= MaxSegments)
        {
            throw new UnknownRequestException(request, $"a name of more than {MaxNameLength} characters or {MaxSegments} segments");
        }

        foreach (string name in request.HeaderNames)
        {
            if (request.Header(name)!.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            {
                throw new UnknownRequestException(request, $"other characters than printable ASCII in '{name}'");
            }
        }
    }

    private void CheckKnown(SimulatedRequest request, Dictionary<string, string>.KeyCollection names)
    {
        foreach (string name in names)
        {
            if (!_known.Contains(name) && !(SimulatedRequest.IsMetadata(name) && _known.Contains(Metadata)))
            {
                throw new UnknownRequestException(request, $"'{name}'");
            }
        }
    }

    private bool Takes(SimulatedRequest request) =>
        request.Method == Method
        && request.Comp == Comp
        && request.Container.Length > 0
        && request.Blob.Length > 0 == IsOfBlob
        && request.Query("restype") == (IsOfBlob ? null : "container")
        && (BlobType is null || request.Header("x-ms-blob-type") == BlobType);
}
