using System.ComponentModel.DataAnnotations;
using DurableSessions.Core.Webhooks;

namespace DurableSessions.Core.Configuration;

/// <summary>
/// Where the ends of commits are reported, and how it is signed: the section <c>Webhooks</c> of a host's settings. Nothing is reported
/// unless it is set.
/// </summary>
public sealed record WebhookSettings
{
    /// <summary>The name of the section.</summary>
    public const string Section = "Webhooks";

    /// <summary>
    /// Where the end of each commit is reported: an absolute URL of https, or of http with <see cref="AllowPrivate"/>, of at most 2,048
    /// characters, without user, password and fragment. <see langword="null"/>: only where a commit names its own.
    /// </summary>
    public string? Url { get; set; }

    /// <summary>
    /// Signs the messages, as Standard Webhooks 1.0 has it: 24 to 64 bytes as base64, with or without <c>whsec_</c> in front. Needed for
    /// any webhook.
    /// </summary>
    public string? Secret { get; set; }

    /// <summary>
    /// Whether <see cref="Url"/> may have an address that is not public, as of this machine or its network, and be of http. A URL that a
    /// request names never may.
    /// </summary>
    public bool AllowPrivate { get; set; }

    /// <summary>Whether a request for a commit may name a URL of its own.</summary>
    public bool AllowFromCommits { get; set; }

    /// <summary>How long a receiver has for its answer, in seconds: 1 to 60, 10 unless set.</summary>
    [Range(1, 60, ErrorMessage = "{0} is not a whole number from {1} to {2}.")]
    public int TimeoutSeconds { get; set; } = 10;

    /// <summary>What messages go through in place of sockets. For tests.</summary>
    internal HttpMessageHandler? Transport { get; init; }

    /// <summary>What is wrong with a URL that a request for a commit names; <see langword="null"/>: nothing.</summary>
    /// <param name="url">The URL.</param>
    public string? Refuse(string url)
    {
        ArgumentNullException.ThrowIfNull(url);
        if (!AllowFromCommits)
        {
            return $"is not taken by this server: {Section}:{nameof(AllowFromCommits)} is not set.";
        }

        WebhookUrl.Find(url, allowsHttp: false, out string? error);
        return error;
    }

    /// <summary>Not the secret, and nothing of the URL.</summary>
    public override string ToString() => nameof(WebhookSettings);
}
