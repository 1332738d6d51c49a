using System.Globalization;
using Microsoft.Extensions.Options;

namespace DurableSessions.Semantics.Chat;

/// <summary>Checks what of <see cref="ChatSettings"/> depends on another setting when a host starts.</summary>
internal sealed class ChatSettingsRules : IValidateOptions<ChatSettings>
{
    public ValidateOptionsResult Validate(string? name, ChatSettings options)
    {
        var failures = new ValidateOptionsResultBuilder();
        if (options.Endpoint is not null && string.IsNullOrWhiteSpace(options.Model))
        {
            failures.AddError(
                $"{ChatSettings.Section}:{nameof(ChatSettings.Model)} '' is not the name of a model, which "
                + $"{ChatSettings.Section}:{nameof(ChatSettings.Endpoint)} needs.");
        }

        if (options.Endpoint is { IsAbsoluteUri: true, UserInfo.Length: > 0 })
        {
            failures.AddError(
                $"{ChatSettings.Section}:{nameof(ChatSettings.Endpoint)} has a user name or a password in it; a key is set as "
                + $"{ChatSettings.Section}:{nameof(ChatSettings.Key)}.");
        }
        else if (options is { AllowHttp: false, Endpoint: { IsAbsoluteUri: true, IsLoopback: false } endpoint }
            && endpoint.Scheme == Uri.UriSchemeHttp)
        {
            failures.AddError(
                $"{ChatSettings.Section}:{nameof(ChatSettings.Endpoint)} '{endpoint}' is not https: conversations would cross the network "
                + $"in clear text. Where that network is trusted, set {ChatSettings.Section}:{nameof(ChatSettings.AllowHttp)}=true.");
        }

        if (options.ContextTokens < (2L * options.AnswerTokens) + 4_000)
        {
            failures.AddError(string.Create(
                CultureInfo.InvariantCulture,
                $"{ChatSettings.Section}:{nameof(ChatSettings.ContextTokens)} '{options.ContextTokens}' is not at least twice "
                + $"{ChatSettings.Section}:{nameof(ChatSettings.AnswerTokens)} and 4000 more."));
        }

        return failures.Build();
    }
}
