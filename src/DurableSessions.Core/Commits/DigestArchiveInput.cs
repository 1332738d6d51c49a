using System.Globalization;
using System.Text.Json.Serialization;
using DurableSessions.Core.Identities;

namespace DurableSessions.Core.Commits;

/// <summary>What is asked for an archive's digest.</summary>
/// <param name="Session">The session.</param>
/// <param name="Incarnation">Which one of that id.</param>
/// <param name="Number">The archive, which is covered.</param>
/// <param name="Change">The number of the change, among those of the archive: the next one when it was accepted.</param>
/// <param name="Request">The request's own id: 32 digits of lower-case hexadecimal.</param>
/// <param name="Mode">What is to be done.</param>
internal sealed record DigestArchiveInput(
    SessionKey Session, string Incarnation, int Number, int Change, string Request, DigestMode Mode)
{
    private const string Prefix = "digest-";

    /// <summary>The digest to put in place; <see langword="null"/> unless one is restored.</summary>
    public int? Version { get; init; }

    /// <summary>What the digest is to look at besides; <see langword="null"/>: nothing.</summary>
    public string? Instructions { get; init; }

    /// <summary>When it was accepted, by the accepting host's clock.</summary>
    public DateTimeOffset AcceptedAt { get; init; }

    /// <summary>One instance for each change of an archive: what is started while it runs is that one.</summary>
    [JsonIgnore]
    public string InstanceId => InstanceIdOf(Incarnation, Number, Change);

    /// <summary>Where ids of all such instances of a session begin.</summary>
    public static string PrefixOf(string incarnation) => $"{Prefix}{incarnation}-";

    /// <summary>The id of the instance that makes one change.</summary>
    public static string InstanceIdOf(string incarnation, int number, int change) =>
        string.Create(CultureInfo.InvariantCulture, $"{PrefixOf(incarnation)}{number}-{change}");

    /// <summary>Whether a text can be such an id.</summary>
    public static bool CanBeId(string text) => text.StartsWith(Prefix, StringComparison.Ordinal);
}
