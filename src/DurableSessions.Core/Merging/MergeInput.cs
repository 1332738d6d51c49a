using System.Security.Cryptography;
using System.Text;
using DurableSessions.Core.Identities;

namespace DurableSessions.Core.Merging;

/// <summary>Whose segments are merged.</summary>
/// <param name="User">The user.</param>
internal sealed record MergeInput(UserKey User)
{
    /// <summary>Segments that could not be merged in this run.</summary>
    public IReadOnlyList<string> Skipped { get; init; } = [];

    /// <summary>One instance for a user: what is started while it runs is that one. Of ids of any length.</summary>
    public static string InstanceIdOf(UserKey user) =>
        $"merge-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(user.ToString())))[..32]}";
}
