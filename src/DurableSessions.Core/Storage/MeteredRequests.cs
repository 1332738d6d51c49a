using Azure.Core;
using Azure.Core.Pipeline;

namespace DurableSessions.Core.Storage;

/// <summary>Measures each storage request as it is sent.</summary>
internal sealed class MeteredRequests : HttpPipelinePolicy
{
    private static readonly HashSet<string> s_areas = new(StringComparer.Ordinal)
    {
        "archives", "creations", "keys", "manifests", "memories", "orchestrations", "requests", "search", "segments", "tasks", "usage",
    };

    public static MeteredRequests Policy { get; } = new();

    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        long began = TimeProvider.System.GetTimestamp();
        try
        {
            ProcessNext(message, pipeline);
        }
        finally
        {
            Note(message, began);
        }
    }

    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        long began = TimeProvider.System.GetTimestamp();
        try
        {
            await ProcessNextAsync(message, pipeline);
        }
        finally
        {
            Note(message, began);
        }
    }

    // The names of the REST operations: learn.microsoft.com/rest/api/storageservices/operations-on-blobs
    private static string Operation(Request request)
    {
        string query = request.Uri.Query;
        return (request.Method.Method, Component(query)) switch
        {
            ("PUT", "appendblock") => "AppendBlock",
            ("PUT", "seal") => "AppendBlobSeal",
            ("PUT", "block") => "PutBlock",
            ("PUT", "blocklist") => "PutBlockList",
            ("PUT", "metadata") => "SetBlobMetadata",
            ("PUT", null) => query.Contains("restype=container", StringComparison.Ordinal) ? "CreateContainer" : "PutBlob",
            ("GET", "list") => "ListBlobs",
            ("GET", null) => query.Contains("restype=container", StringComparison.Ordinal) ? "GetContainerProperties" : "GetBlob",
            ("HEAD", null) => "GetBlobProperties",
            ("DELETE", null) => "DeleteBlob",
            _ => "other",
        };
    }

    private static string? Component(string query)
    {
        int at = query.IndexOf("comp=", StringComparison.Ordinal);
        return at < 0 ? null : query[(at + "comp=".Length)..].Split('&', 2)[0];
    }

    // The first part of a blob's name, or of the prefix of a listing. The path has the container before it, and that of an emulator the
    // account.
    private static string Area(Request request)
    {
        int at = request.Uri.Query.IndexOf("prefix=", StringComparison.Ordinal);
        IEnumerable<string> parts = at < 0
            ? request.Uri.Path.Split('/')
            : [request.Uri.Query[(at + "prefix=".Length)..].Split('&', 2)[0].Split("%2F", 2, StringSplitOptions.None)[0].Split('/', 2)[0]];
        return parts.FirstOrDefault(s_areas.Contains) ?? "other";
    }

    private static void Note(HttpMessage message, long began)
    {
        if (StoreTelemetry.MeasuresRequests)
        {
            StoreTelemetry.Sent(
                Operation(message.Request),
                Area(message.Request),
                message.HasResponse ? message.Response.Status : null,
                TimeProvider.System.GetElapsedTime(began));
        }
    }
}
