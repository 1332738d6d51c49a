using DurableSessions.Core.Commits;
using DurableSessions.Core.Configuration;
using DurableSessions.Core.Webhooks;

namespace DurableSessions.Core.Notifying;

/// <summary>To whom this host reports the ends of commits, by its settings.</summary>
internal sealed class WebhookReceivers : IDisposable
{
    private readonly WebhookSettings _settings;

    /// <param name="settings">They are valid.</param>
    /// <param name="time">The clock.</param>
    public WebhookReceivers(WebhookSettings settings, TimeProvider time)
    {
        _settings = settings;
        Sender = settings.Secret is { } text && WebhookSecret.Find(text) is { } secret
            ? new WebhookSender(
                secret, settings.AllowPrivate, TimeSpan.FromSeconds(settings.TimeoutSeconds), time, transport: settings.Transport)
            : null;
    }

    /// <summary>Sends messages; <see langword="null"/>: this host signs none.</summary>
    public WebhookSender? Sender { get; }

    /// <summary>
    /// Where the end of a commit is reported; <see langword="null"/>: this host reports it nowhere, by its settings of now.
    /// </summary>
    public WebhookUrl? Find(CommitInput commit) => commit.Webhook switch
    {
        null => null,
        CommitInput.HostsWebhook => _settings.Url is { } url ? WebhookUrl.Find(url, _settings.AllowPrivate, out _) : null,
        { } own => _settings.AllowFromCommits ? WebhookUrl.Find(own, _settings.AllowPrivate, out _) : null,
    };

    public void Dispose() => Sender?.Dispose();
}
