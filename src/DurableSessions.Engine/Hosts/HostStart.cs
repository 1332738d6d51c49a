using System.Globalization;

namespace DurableSessions.Engine.Hosts;

/// <summary>One start of a named host. An instance that it has claimed has the owner <c>{name}/{number}/{claim}</c>.</summary>
/// <param name="Name">The host's name; it has no <c>/</c>.</param>
/// <param name="Number">Greater than that of the start before it, of which the blob of <see cref="HostStarts"/> tells.</param>
internal sealed record HostStart(string Name, long Number)
{
    /// <summary>The start that an owner is of; <see langword="null"/>: it is of a host without a name.</summary>
    public static HostStart? Of(string? owner)
    {
        string[] parts = owner?.Split('/') ?? [];
        return parts.Length == 3 && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out long number)
            ? new HostStart(parts[0], number)
            : null;
    }

    /// <summary>Whether it comes after another start under the same name.</summary>
    public bool Follows(HostStart? other) => other is not null && other.Name == Name && other.Number < Number;

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Name}/{Number}");
}
