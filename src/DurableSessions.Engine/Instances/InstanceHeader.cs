using System.Globalization;
using Azure.Storage.Blobs.Models;
using DurableSessions.Orchestration;

namespace DurableSessions.Engine.Instances;

/// <summary>What the blob's metadata repeats of an instance, so that sweeps and listings read no bodies.</summary>
internal sealed record InstanceHeader
{
    public required string Id { get; init; }

    public required string Name { get; init; }

    public required int Generation { get; init; }

    public required OrchestrationRuntimeStatus Status { get; init; }

    public required DateTimeOffset Created { get; init; }

    public required DateTimeOffset Updated { get; init; }

    public string? Owner { get; init; }

    public DateTimeOffset? OwnedUntil { get; init; }

    public DateTimeOffset? NextDue { get; init; }

    /// <summary>When somebody may have something to do with it; <see langword="null"/>: not before a message arrives.</summary>
    public DateTimeOffset? ClaimableFrom => Owner is null ? NextDue : OwnedUntil;

    public static InstanceHeader From(InstanceDocument document) => new()
    {
        Id = document.Id,
        Name = document.Name,
        Generation = document.Generation,
        Status = document.Status,
        Created = document.Created,
        Updated = document.Updated,
        Owner = document.Owner,
        OwnedUntil = document.OwnedUntil,
        NextDue = document.NextDue,
    };

    public static InstanceHeader From(string id, BlobItem blob) => new()
    {
        Id = id,
        Name = Uri.UnescapeDataString(blob.Metadata["name"]),
        Generation = int.Parse(blob.Metadata["generation"], CultureInfo.InvariantCulture),
        Status = Enum.Parse<OrchestrationRuntimeStatus>(blob.Metadata["status"]),
        Created = Time(blob, "created") ?? default,
        Updated = Time(blob, "updated") ?? default,
        Owner = blob.Metadata.TryGetValue("owner", out string? owner) ? Uri.UnescapeDataString(owner) : null,
        OwnedUntil = Time(blob, "owneduntil"),
        NextDue = Time(blob, "nextdue"),
    };

    public Dictionary<string, string> ToMetadata()
    {
        var metadata = new Dictionary<string, string>
        {
            ["name"] = Uri.EscapeDataString(Name),
            ["generation"] = Generation.ToString(CultureInfo.InvariantCulture),
            ["status"] = Status.ToString(),
            ["created"] = Text(Created),
            ["updated"] = Text(Updated),
        };
        if (Owner is not null)
        {
            metadata["owner"] = Uri.EscapeDataString(Owner);
        }

        if (OwnedUntil is { } until)
        {
            metadata["owneduntil"] = Text(until);
        }

        if (NextDue is { } due)
        {
            metadata["nextdue"] = Text(due);
        }

        return metadata;
    }

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);

    private static DateTimeOffset? Time(BlobItem blob, string key) =>
        blob.Metadata.TryGetValue(key, out string? text)
            ? DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind)
            : null;
}
