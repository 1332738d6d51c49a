using DurableSessions.Core.Commits;
using DurableSessions.Core.Configuration;
using DurableSessions.Core.Webhooks;

namespace DurableSessions.Core.Notifying;

/// <summary>To whom this host reports the ends of commits, by its settings.</summary>
internal sealed class WebhookReceivers : IDisposable
{
    private readonly WebhookSettings _settings;

    // A commit's receiver is named by a user: what the operator has opened to the host's own stays closed to it.
    private readonly WebhookSender? _toHosts;
    private readonly WebhookSender? _toCommits;

    /// <param name="settings">They are valid.</param>
    /// <param name="time">The clock.</param>
    public WebhookReceivers(WebhookSettings settings, TimeProvider time)
    {
        _settings = settings;
        if (settings.Secret is { } text && WebhookSecret.Find(text) is { } secret)
        {
            var longest = TimeSpan.FromSeconds(settings.TimeoutSeconds);
            _toHosts = new WebhookSender(secret, settings.AllowPrivate, longest, time, transport: settings.Transport);
            _toCommits = new WebhookSender(secret, allowsPrivate: false, longest, time, transport: settings.Transport);
        }
    }

    /// <summary>
    /// Where the end of a commit is reported, and by what; <see langword="null"/>: this host reports it nowhere, by its settings of now.
    /// </summary>
    public (WebhookSender Sender, WebhookUrl Url)? Find(CommitInput commit) => commit.Webhook switch
    {
        CommitInput.HostsWebhook when _settings.Url is { } url => Pair(_toHosts, WebhookUrl.Find(url, _settings.AllowPrivate, out _)),
        { Length: > 0 } own when _settings.AllowFromCommits =>
            Pair(_toCommits, WebhookUrl.Find(own, allowsHttp: false, out _)),
        _ => null,
    };

    public void Dispose()
    {
        _toHosts?.Dispose();
        _toCommits?.Dispose();
    }

    private static (WebhookSender Sender, WebhookUrl Url)? Pair(WebhookSender? sender, WebhookUrl? url) =>
        sender is null || url is null ? null : (sender, url);
}
