using Microsoft.Extensions.Options;

namespace DurableSessions.Core.Configuration;

/// <summary>Checks the bounds of <see cref="WebhookSettings"/> when a host starts.</summary>
[OptionsValidator]
internal sealed partial class WebhookSettingsValidator : IValidateOptions<WebhookSettings>;
