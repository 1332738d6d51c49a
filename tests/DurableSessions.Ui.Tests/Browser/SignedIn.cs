using Microsoft.Playwright;

namespace DurableSessions.Ui.Tests.Browser;

/// <summary>The form that asks for a key, in a browser.</summary>
internal static class SignedIn
{
    /// <summary>Sends the form that a page shows.</summary>
    public static async Task SendKeyAsync(this IPage page, string key)
    {
        await page.FillAsync("#key", key);
        await page.ClickAsync("main button[type=submit]");
    }

    /// <summary>Signs in by the form that a page shows.</summary>
    /// <param name="page">The page.</param>
    /// <param name="key">The key.</param>
    /// <param name="leadsTo">The address that is shown then, as a glob.</param>
    public static async Task SignInAsync(this IPage page, string key, string leadsTo)
    {
        await page.SendKeyAsync(key);
        await page.WaitForURLAsync(leadsTo);
    }
}
