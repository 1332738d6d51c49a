using DurableSessions.Testing;
using Microsoft.Playwright;

namespace DurableSessions.Ui.Tests.Browser;

/// <summary>One headless browser for the tests of these pages, started by the first one that asks for a page.</summary>
/// <remarks>
/// The machine's own Chromium, or the program that <c>DURABLE_SESSIONS_CHROMIUM</c> names, steered by Playwright, whose driver comes with
/// its package: nothing is downloaded.
/// </remarks>
public sealed class Chromium : IAsyncLifetime
{
    private readonly Lazy<Task<(IPlaywright Playwright, IBrowser Browser)>> _browser = new(StartAsync);

    /// <summary>A context of its own, with cookies of its own. Skips the test where the machine has no Chromium.</summary>
    internal async Task<IBrowserContext> OpenAsync(Uri address)
    {
        ChromiumProgram.RequirePath();
        IBrowserContext context = await (await _browser.Value).Browser.NewContextAsync(new BrowserNewContextOptions
        {
            BaseURL = address.ToString(),
        });
        context.SetDefaultTimeout(60_000);
        return context;
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_browser.IsValueCreated && _browser.Value.IsCompletedSuccessfully)
        {
            (IPlaywright playwright, IBrowser browser) = await _browser.Value;
            await browser.CloseAsync();
            playwright.Dispose();
        }
    }

    private static async Task<(IPlaywright Playwright, IBrowser Browser)> StartAsync()
    {
        IPlaywright playwright = await Playwright.CreateAsync();
        IBrowser browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = ChromiumProgram.RequirePath(),

            // It shows pages of these tests alone, where containers often allow no sandbox.
            Args = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"],
        });
        return (playwright, browser);
    }
}
