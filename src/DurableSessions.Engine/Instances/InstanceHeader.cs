using System.Globalization;
using DurableSessions.Orchestration;

namespace DurableSessions.Engine.Instances;

/// <summary>The part of an instance that is in its blob's metadata as well, so that sweeps and listings read no blob.</summary>
internal sealed record InstanceHeader
{
    /// <summary>
    /// The newest version of instances that this host knows. One that is not 1 is in the metadata, as <c>version</c>: a host leaves what
    /// is newer alone, without reading it. Version 2 has <see cref="Tags"/>, which a host of version 1 would drop with its next write;
    /// version 3 has a parent or children, whose entries of a history a host of version 2 could not read.
    /// </summary>
    public const int Version = 3;

    private const int VersionOfTags = 2;

    private const int NamesLength = 1_024;
    private const int StatusLength = 256;

    public required string Id { get; init; }

    public required string Name { get; init; }

    public string? FairnessKey { get; init; }

    /// <summary>The call whose child it is; <see langword="null"/>: a client has scheduled it.</summary>
    public ParentCall? Parent { get; init; }

    /// <summary>It is of version 3: see <see cref="InstanceDocument.HasRelatives"/>.</summary>
    public bool HasRelatives { get; init; }

    /// <summary>An instance that has tags is of version 2 at least.</summary>
    public IReadOnlyDictionary<string, string> Tags { get; init; } = OrchestrationTags.Empty;

    public required int Generation { get; init; }

    public required OrchestrationRuntimeStatus Status { get; init; }

    /// <summary>
    /// <see cref="InstanceDocument.CustomStatus"/>; <see langword="null"/>: there is none, or it is longer than 256 characters as it is
    /// escaped, so that it is in the blob alone.
    /// </summary>
    public string? CustomStatus { get; init; }

    public required DateTimeOffset Created { get; init; }

    public required DateTimeOffset Updated { get; init; }

    public string? Owner { get; init; }

    public DateTimeOffset? OwnedUntil { get; init; }

    public DateTimeOffset? NextDue { get; init; }

    /// <summary>The activities of a parked instance: see <see cref="InstanceDocument.WaitsFor"/>. Empty: it is not parked.</summary>
    public IReadOnlyList<string> WaitsFor { get; init; } = [];

    /// <summary>No host owns the instance, and a host claims it once it has a slot for one of its activities.</summary>
    public bool IsParked => Owner is null && WaitsFor.Count > 0;

    /// <summary>The instance is to be ended: any host can do that, also one without the orchestrator.</summary>
    public bool Terminates { get; init; }

    /// <summary>
    /// When a host may have something to do with it, as far as the instance tells; <see langword="null"/>: not before a message arrives,
    /// or a parked instance has a slot.
    /// </summary>
    public DateTimeOffset? ClaimableFrom => Owner is not null ? OwnedUntil : IsParked && NextDue <= Updated ? null : NextDue;

    public static InstanceHeader From(InstanceDocument document) => new()
    {
        Id = document.Id,
        Name = document.Name,
        FairnessKey = document.FairnessKey,
        Tags = OrchestrationTags.From(document.Tags),
        Generation = document.Generation,
        Status = document.Status,
        CustomStatus = document.CustomStatus,
        Created = document.Created,
        Updated = document.Updated,
        Owner = document.Owner,
        OwnedUntil = document.OwnedUntil,
        NextDue = document.NextDue,
        Terminates = document.EndsWithoutOrchestrator,
        Parent = document.Parent,
        HasRelatives = document.HasRelatives,
        WaitsFor = document.WaitsFor ?? [],
    };

    /// <summary>
    /// Reads the header in a blob's metadata; <see langword="null"/>: it is no instance, or one that this version cannot read.
    /// </summary>
    public static InstanceHeader? TryFrom(string id, IDictionary<string, string> metadata)
    {
        return id.Length > 0
            && FindNewer(metadata) is null
            && metadata.TryGetValue("name", out string? name)
            && metadata.TryGetValue("generation", out string? number)
            && int.TryParse(number, CultureInfo.InvariantCulture, out int generation)
            && metadata.TryGetValue("status", out string? word)
            && Enum.TryParse(word, out OrchestrationRuntimeStatus status)
            && TryTime(metadata, "created", out DateTimeOffset? created)
            && TryTime(metadata, "updated", out DateTimeOffset? updated)
            && TryTime(metadata, "owneduntil", out DateTimeOffset? ownedUntil)
            && TryTime(metadata, "nextdue", out DateTimeOffset? nextDue)
            ? new InstanceHeader
            {
                Id = id,
                Name = Uri.UnescapeDataString(name),
                FairnessKey = metadata.TryGetValue("fairnesskey", out string? key) ? Uri.UnescapeDataString(key) : null,
                Tags = OrchestrationTags.From(metadata.TryGetValue("tags", out string? tags) ? ReadTags(tags) : null),
                Generation = generation,
                Status = status,
                CustomStatus = metadata.TryGetValue("customstatus", out string? custom) ? Uri.UnescapeDataString(custom) : null,
                Created = created ?? default,
                Updated = updated ?? default,
                Owner = metadata.TryGetValue("owner", out string? owner) ? Uri.UnescapeDataString(owner) : null,
                OwnedUntil = ownedUntil,
                NextDue = nextDue,
                Terminates = metadata.ContainsKey("terminates"),
                Parent = metadata.TryGetValue("parent", out string? parent) ? ParentCall.TryParse(parent) : null,
                HasRelatives = metadata.TryGetValue("version", out string? version) && version == Text(Version),
                WaitsFor = metadata.TryGetValue("waitsfor", out string? names)
                    ? [.. names.Split(',').Select(Uri.UnescapeDataString)]
                    : [],
            }
            : null;
    }

    /// <summary>The version of an instance that this host does not know; <see langword="null"/>: it knows it.</summary>
    public static string? FindNewer(IDictionary<string, string> metadata) =>
        metadata.TryGetValue("version", out string? version)
        && !(int.TryParse(version, CultureInfo.InvariantCulture, out int number) && number <= Version)
            ? version
            : null;

    public Dictionary<string, string> ToMetadata()
    {
        var metadata = new Dictionary<string, string>
        {
            ["name"] = Uri.EscapeDataString(Name),
            ["generation"] = Text(Generation),
            ["status"] = Status.ToString(),
            ["created"] = Text(Created),
            ["updated"] = Text(Updated),
        };
        if (CustomStatus is not null && Uri.EscapeDataString(CustomStatus) is { Length: <= StatusLength } custom)
        {
            metadata["customstatus"] = custom;
        }

        if (FairnessKey is not null)
        {
            metadata["fairnesskey"] = Uri.EscapeDataString(FairnessKey);
        }

        if (HasRelatives)
        {
            metadata["version"] = Text(Version);
        }
        else if (Tags.Count > 0)
        {
            metadata["version"] = Text(VersionOfTags);
        }

        if (Parent is not null)
        {
            metadata["parent"] = Parent.ToText();
        }

        if (Tags.Count > 0)
        {
            metadata["tags"] = string.Join(',', Tags.Select(static t => $"{t.Key}={Uri.EscapeDataString(t.Value)}"));
        }

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

        if (Terminates)
        {
            metadata["terminates"] = "true";
        }

        if (WaitsFor.Count > 0)
        {
            metadata["waitsfor"] = Names(WaitsFor);
        }

        return metadata;
    }

    /// <summary>Whether the names of these activities fit into the metadata: 1,024 characters as they are escaped.</summary>
    public static bool HasRoomFor(IReadOnlyList<string> activities) => Names(activities).Length <= NamesLength;

    private static string Names(IEnumerable<string> activities) => string.Join(',', activities.Select(Uri.EscapeDataString));

    private static Dictionary<string, string> ReadTags(string text) => text.Split(',')
        .Select(static tag => tag.Split('=', 2))
        .ToDictionary(static tag => tag[0], static tag => Uri.UnescapeDataString(tag[^1]), StringComparer.Ordinal);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);

    // A missing time is no error; a text that is no time is.
    private static bool TryTime(IDictionary<string, string> metadata, string key, out DateTimeOffset? time)
    {
        time = null;
        if (!metadata.TryGetValue(key, out string? text))
        {
            return true;
        }

        if (!DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out DateTimeOffset there))
        {
            return false;
        }

        time = there;
        return true;
    }
}
