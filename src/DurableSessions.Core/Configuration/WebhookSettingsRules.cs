using DurableSessions.Core.Webhooks;
using Microsoft.Extensions.Options;

namespace DurableSessions.Core.Configuration;

/// <summary>
/// Checks what of <see cref="WebhookSettings"/> an attribute cannot say, when a host starts. No message has a value in it.
/// </summary>
internal sealed class WebhookSettingsRules : IValidateOptions<WebhookSettings>
{
    public ValidateOptionsResult Validate(string? name, WebhookSettings options)
    {
        List<string> failures = [];
        if (options.Secret is { } secret && WebhookSecret.Find(secret) is null)
        {
            failures.Add(
                $"{WebhookSettings.Section}:{nameof(WebhookSettings.Secret)} is no secret of {WebhookSecret.MinBytes} to "
                + $"{WebhookSecret.MaxBytes} bytes in base64; one is made by 'openssl rand -base64 32'.");
        }

        if (options.Url is { } url && WebhookUrl.Find(url, options.AllowPrivate, out string? error) is null)
        {
            failures.Add($"{WebhookSettings.Section}:{nameof(WebhookSettings.Url)} {error}");
        }

        if (options.Secret is null && (options.Url is not null || options.AllowFromCommits))
        {
            failures.Add($"{WebhookSettings.Section}:{nameof(WebhookSettings.Secret)} is missing: webhooks are signed.");
        }

        return failures.Count > 0 ? ValidateOptionsResult.Fail(failures) : ValidateOptionsResult.Success;
    }
}
