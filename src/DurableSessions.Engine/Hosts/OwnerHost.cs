namespace DurableSessions.Engine.Hosts;

/// <summary>The host that has claimed an instance, as the owner of the instance says.</summary>
/// <param name="Name">Its name, or the one that was drawn for it; it has no <c>/</c>.</param>
/// <param name="Start">Which start of a named host; <see langword="null"/>: its name was drawn.</param>
internal sealed record OwnerHost(string Name, long? Start)
{
    /// <summary>The host that an owner is of; <see langword="null"/>: it is not the owner of this engine's form.</summary>
    public static OwnerHost? Of(string? owner)
    {
        if (HostStart.Of(owner) is { } start)
        {
            return new OwnerHost(start.Name, start.Number);
        }

        string[] parts = owner?.Split('/') ?? [];
        return parts.Length == 2 ? new OwnerHost(parts[0], null) : null;
    }
}
