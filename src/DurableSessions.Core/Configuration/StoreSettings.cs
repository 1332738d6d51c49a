using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace DurableSessions.Core.Configuration;

/// <summary>The settings of the store, which every host calls the same.</summary>
public static class StoreSettings
{
    /// <summary>
    /// Fills options of the store from the sections <c>Appends</c>, <c>AutoCommit</c>, <c>Quotas</c>, <c>Retention</c>,
    /// <c>Semantics</c> and <c>Webhooks</c> of the host's configuration.
    /// </summary>
    public static OptionsBuilder<SessionOptions> BindStoreSettings(this OptionsBuilder<SessionOptions> options)
    {
        options.Services.AddSettings<AppendSettings, AppendSettingsValidator>(AppendSettings.Section);
        options.Services.AddSettings<AutoCommitSettings, AutoCommitSettingsValidator>(AutoCommitSettings.Section);
        options.Services.AddSettings<QuotaSettings, QuotaSettingsValidator>(QuotaSettings.Section);
        options.Services.AddSettings<RetentionSettings, RetentionSettingsValidator>(RetentionSettings.Section);
        options.Services.AddSettings<SemanticSettings, SemanticSettingsValidator>(SemanticSettings.Section);
        options.Services.AddSettings<WebhookSettings, WebhookSettingsValidator>(WebhookSettings.Section);
        options.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<WebhookSettings>, WebhookSettingsRules>());
        options.Configure<IOptions<WebhookSettings>>(static (store, webhooks) => store.Webhooks = webhooks.Value);
        options.Configure<IOptions<QuotaSettings>>(static (store, quotas) => store.Quotas = quotas.Value);
        options.Configure<IOptions<RetentionSettings>>(
            static (store, retention) =>
            {
                store.TaskRetention = TimeSpan.FromDays(retention.Value.TaskDays);
                store.SessionRetention = TimeSpan.FromDays(retention.Value.SessionDays);
                store.ArchiveRetention = TimeSpan.FromDays(retention.Value.ArchiveDays);
            });
        return options.Configure<IOptions<AppendSettings>, IOptions<AutoCommitSettings>, IOptions<SemanticSettings>>(
            static (store, appends, autoCommit, semantics) =>
            {
                store.RepetitionWindow = TimeSpan.FromSeconds(appends.Value.RepetitionSeconds);
                store.DefaultAutoCommitPolicy = autoCommit.Value.ToPolicy();
                store.Semantic = semantics.Value.Apply(store.Semantic);
            });
    }

    /// <summary>Adds <see cref="StorageSettings"/> from the section <c>Storage</c> of the host's configuration.</summary>
    public static OptionsBuilder<StorageSettings> AddStorageSettings(this IServiceCollection services) =>
        services.AddSettings<StorageSettings, StorageSettingsValidator>(StorageSettings.Section);

    private static OptionsBuilder<T> AddSettings<T, TValidator>(this IServiceCollection services, string section)
        where T : class
        where TValidator : class, IValidateOptions<T>
    {
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<T>, TValidator>());
        return services.AddOptions<T>().BindSettings(section);
    }
}
